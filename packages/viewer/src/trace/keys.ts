import type { HelpSection } from '../shell/help.js'
import { hasChildren } from './nodes.js'
import type { Waterfall } from './use-waterfall.js'

const PAGE_ROWS = 15

/** Closes what the cursor is on, or goes to what it is in. */
export function collapse(waterfall: Waterfall): void {
  const { at, tree } = waterfall
  if (hasChildren(tree, at) && waterfall.isOpen(at)) waterfall.fold(at, false)
  else waterfall.moveTo(tree.nodes[at]?.parent ?? -1)
}

/** Opens what the cursor is on, or goes to the first row in it. */
export function expand(waterfall: Waterfall): void {
  const { at, tree, row } = waterfall
  if (!hasChildren(tree, at)) return
  if (waterfall.isOpen(at)) waterfall.moveToRow(row + 1)
  else waterfall.fold(at, true)
}

/** The keys of the tree while it has the focus. */
export function treeKeys(
  waterfall: Waterfall,
  onOpen: (number: number, withFocus: boolean) => void,
): (event: KeyboardEvent) => void {
  const { row, at, shown } = waterfall
  const table: Record<string, () => void> = {
    ArrowDown: () => waterfall.moveToRow(row + 1),
    ArrowUp: () => waterfall.moveToRow(row - 1),
    ArrowLeft: () => collapse(waterfall),
    ArrowRight: () => expand(waterfall),
    PageDown: () => waterfall.moveToRow(row + PAGE_ROWS),
    PageUp: () => waterfall.moveToRow(row - PAGE_ROWS),
    Home: () => waterfall.moveToRow(0),
    End: () => waterfall.moveToRow(shown.length - 1),
    Enter: () => onOpen(at, true),
    ' ': () => waterfall.fold(at, !waterfall.isOpen(at)),
  }
  return (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const act = table[event.key]
    if (!act) return
    event.preventDefault()
    act()
  }
}

export const TRACE_HELP: readonly HelpSection[] = [
  {
    title: 'Moving in the trace',
    lines: [
      ['↓ ↑  j k', 'Next and previous row'],
      ['← →  h l', 'Close and open a row'],
      ['Space', 'Open or close a row'],
      ['1 … 9', 'Show this many levels'],
      ['H  L', 'Close all, open all'],
      ['Enter', 'Detail of the span'],
      ['o', 'Open or close the logs'],
      ['Esc', 'Close the detail, then reset the zoom'],
    ],
  },
  {
    title: 'Finding',
    lines: [
      ['/', 'Search names and all values; key=value finds an attribute'],
      ['n  N', 'Next and previous match'],
      ['e  E', 'Next and previous error'],
      ['p', 'Critical path on and off'],
      ['z', 'Zoom to the span'],
      ['+  −', 'Zoom in and out'],
      ['0', 'Reset the zoom'],
    ],
  },
  {
    title: 'Copying',
    lines: [
      ['c', 'The trace as Markdown'],
      ['C', 'The span as Markdown'],
    ],
  },
]
