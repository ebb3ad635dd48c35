import { harmless, type Trace } from '@spanhouse/queries'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { copied } from '../common/copy-button.js'
import { html, type VNode } from '../common/html.js'
import { type KeyTable, useKeys } from '../common/keys.js'
import { counted, countText } from '../common/text.js'
import type { ListHandle } from '../common/virtual-list.js'
import { spanCopies, traceCopies } from './copies.js'
import { Detail } from './detail-view.js'
import { collapse, expand } from './keys.js'
import { useLogs } from './logs.js'
import { TraceLogs, toggleLogs, useOpenLogs } from './logs-place.js'
import { rootOf } from './root.js'
import { Toolbar } from './toolbar.js'
import { TraceHeader } from './trace-header.js'
import { useWaterfall, type Waterfall } from './use-waterfall.js'
import { WaterfallView } from './waterfall-view.js'

export interface OpenTraceProps {
  readonly id: string
  readonly trace: Trace
  readonly sql: string
  readonly truncated: boolean
  readonly isWaiting: boolean
}

/** A trace that is there: header, tools, waterfall, and the detail of a span. */
export function OpenTrace({ id, trace, sql, truncated, isWaiting }: OpenTraceProps): VNode {
  const list = useRef<ListHandle>(null)
  const search = useRef<HTMLInputElement>(null)
  const panel = useRef<HTMLElement>(null)
  const isToShow = useRef(false)
  const wantsPanel = useRef(false)
  const [said, say] = useSaid()
  const waterfall = useWaterfall(trace, () => {
    isToShow.current = true
  })
  const { cursor } = waterfall
  const logs = useLogs(id, trace, isWaiting)
  const hasOpenLogs = useOpenLogs(logs)
  // Only now the row of the cursor is known.
  useLayoutEffect(() => {
    if (isToShow.current) list.current?.show(waterfall.row)
    isToShow.current = false
    if (wantsPanel.current) panel.current?.focus()
    wantsPanel.current = false
  })
  const focusRows = () => list.current?.element()?.focus({ preventScroll: true })
  const rootName = rootOf(trace)?.row.name ?? ''
  useEffect(() => {
    if (rootName) document.title = `${harmless(rootName, 80)} · spanhouse`
  }, [rootName])
  useEffect(() => {
    if (document.activeElement === document.body) focusRows()
  }, [])

  const open = (number: number, withFocus = false) => {
    const node = waterfall.tree.nodes[number]
    if (!node) return
    wantsPanel.current = withFocus
    cursor.open(node.key)
  }
  const close = () => {
    cursor.close()
    focusRows()
  }
  const copy = async (what: string, text: string) =>
    say((await copied(text)) ? `${what} copied as Markdown` : 'The browser does not allow copying')
  useKeys({
    ...viewKeys(waterfall),
    o: () => toggleLogs(hasOpenLogs),
    '/': () => search.current?.select(),
    c: () => copy('Trace', traceCopies(trace, sql, logs).markdown()),
    C: () => waterfall.node && copy('Span', spanCopies(waterfall.node.span, sql).markdown()),
    Escape: () => {
      if (cursor.isDetailOpen) close()
      else if (waterfall.isZoomed) waterfall.resetZoom()
      else return false
      return true
    },
  })

  return html`<div class="tv">
    <${TraceHeader} id=${id} waterfall=${waterfall} logs=${logs} sql=${sql} isWaiting=${isWaiting} />
    <${Toolbar} waterfall=${waterfall} search=${search} onDone=${focusRows} />
    ${truncated && html`<p class="tv-note" role="status">Only the first ${counted(trace.spans.length, 'span')} are shown: the trace has more.</p>`}
    ${trace.duplicates > 0 && html`<p class="tv-note">${counted(trace.duplicates, 'row was', 'rows were')} stored twice and ${trace.duplicates === 1 ? 'is' : 'are'} shown once.</p>`}
    ${cursor.lost !== undefined && html`<p class="tv-note" role="status">The span <code>${harmless(cursor.lost, 64)}</code> is not among the ${countText(trace.spans.length)} spans${isWaiting ? ' yet' : ''}.</p>`}
    <div class=${`tv-body${cursor.isDetailOpen ? ' has-detail' : ''}`}>
      <${WaterfallView} waterfall=${waterfall} logs=${logs} list=${list} onOpen=${open} />
      ${cursor.isDetailOpen && html`<${Detail} waterfall=${waterfall} logs=${logs} sql=${sql} panel=${panel} onClose=${close} />`}
    </div>
    <${TraceLogs} logs=${logs} waterfall=${waterfall} isWaiting=${isWaiting} />
    <p class=${`tv-said${said ? '' : ' is-silent'}`} role="status">${said}</p>
  </div>`
}

/** The keys that work wherever the focus is. */
function viewKeys(waterfall: Waterfall): KeyTable {
  const levels = Object.fromEntries(
    Array.from({ length: 9 }, (_, n) => [`${n + 1}`, () => waterfall.level(n + 1)]),
  )
  return {
    ...levels,
    j: () => waterfall.moveToRow(waterfall.row + 1),
    k: () => waterfall.moveToRow(waterfall.row - 1),
    h: () => collapse(waterfall),
    l: () => expand(waterfall),
    H: () => waterfall.level(1),
    L: () => waterfall.level(Infinity),
    '[': () => waterfall.level('less'),
    ']': () => waterfall.level('more'),
    e: () => waterfall.nextError(1),
    E: () => waterfall.nextError(-1),
    n: () => waterfall.nextFound(1),
    N: () => waterfall.nextFound(-1),
    p: () => waterfall.setCritical(!waterfall.showsCritical),
    z: () => waterfall.zoomToCursor(),
    '+': () => waterfall.zoomBy(0.5),
    '-': () => waterfall.zoomBy(2),
    '0': () => waterfall.resetZoom(),
  }
}

/** A word to the user that goes by itself. */
function useSaid(): [string, (text: string) => void] {
  const [said, say] = useState('')
  useEffect(() => {
    if (said === '') return
    const timer = setTimeout(() => say(''), 2500)
    return () => clearTimeout(timer)
  }, [said])
  return [said, say]
}
