import { useRef, useState } from 'preact/hooks'
import { html, type VNode } from '../common/html.js'
import { counted } from '../common/text.js'
import { LogLine } from './log-line.js'
import type { Line } from './logs.js'
import type { Waterfall } from './use-waterfall.js'

export interface LogListProps {
  readonly lines: readonly Line[]
  readonly waterfall: Waterfall
  readonly label: string
  /** How many are shown at first. */
  readonly few: number
  readonly hasService?: boolean
  /** Whether a click leads the waterfall to the span of a line. */
  readonly selects?: boolean
}

/** Lines below each other. The arrow keys go from one to the next; Enter unfolds it. */
export function LogList(props: LogListProps): VNode {
  const { lines, waterfall, label, few, hasService = true, selects = false } = props
  const list = useRef<HTMLOListElement>(null)
  const [most, setMost] = useState(few)
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set())
  const [current, setCurrent] = useState(0)
  const shown = lines.slice(0, most)
  const at = Math.min(current, shown.length - 1)

  const onKeyDown = (event: KeyboardEvent) => {
    const buttons = [...(list.current?.querySelectorAll<HTMLElement>('.lg-row') ?? [])]
    const from = buttons.indexOf(event.target as HTMLElement)
    const to = stepOf(event, from, buttons.length)
    if (from < 0 || to === undefined) return
    event.preventDefault()
    event.stopPropagation()
    setCurrent(to)
    buttons[to]?.focus()
  }
  const toggle = (line: Line, index: number) => {
    setCurrent(index)
    const next = new Set(opened)
    if (!next.delete(line.number)) next.add(line.number)
    setOpened(next)
    const node = nodeOf(waterfall, line)
    if (selects && node !== undefined) waterfall.moveTo(node)
  }
  const cursorId = waterfall.node?.kind === 'span' ? waterfall.node.span.row.span_id : undefined
  return html`<ol class="lg-lines" aria-label=${label} ref=${list} onKeyDown=${onKeyDown}>
      ${shown.map((line, index) => {
        const hasSpan = selects && nodeOf(waterfall, line) !== undefined
        return html`<${LogLine}
          key=${line.number}
          line=${line}
          isOpen=${opened.has(line.number)}
          tabIndex=${index === at ? 0 : -1}
          isOfCursor=${selects && line.row.span_id !== '' && line.row.span_id === cursorId}
          hasService=${hasService}
          onSpan=${hasSpan ? () => waterfall.cursor.open(line.row.span_id) : undefined}
          onToggle=${() => toggle(line, index)}
        />`
      })}
    </ol>
    ${
      shown.length < lines.length &&
      html`<button type="button" class="button small lg-more" onClick=${() => setMost(lines.length)}>
        Show ${counted(lines.length - shown.length, 'more line')}
      </button>`
    }`
}

function stepOf({ key }: KeyboardEvent, from: number, count: number): number | undefined {
  if (key === 'ArrowDown') return Math.min(from + 1, count - 1)
  if (key === 'ArrowUp') return Math.max(from - 1, 0)
  if (key === 'Home') return 0
  return key === 'End' ? count - 1 : undefined
}

/** The number of the node of its span; undefined if that is not among the spans. */
function nodeOf({ tree }: Waterfall, { row }: Line): number | undefined {
  const number = row.span_id === '' ? undefined : tree.numberOfKey.get(row.span_id)
  return number !== undefined && tree.nodes[number]?.kind === 'span' ? number : undefined
}
