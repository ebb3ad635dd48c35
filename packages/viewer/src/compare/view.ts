import { type Comparison, compareTraces, harmless, type Trace } from '@spanhouse/queries'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { serviceClass } from '../common/colours.js'
import { html, type VNode } from '../common/html.js'
import { Empty, ErrorState, Loading } from '../common/states.js'
import { counted, dateTimeText, durationText } from '../common/text.js'
import { linkTo } from '../shell/address.js'
import type { HelpSection } from '../shell/help.js'
import type { View } from '../shell/shell.js'
import { shortId } from '../trace/ids.js'
import { useTrace } from '../trace/load.js'
import { rootOf } from '../trace/root.js'
import { changeText, comparedRows, type Order, signed } from './rows.js'
import { CompareTable } from './table.js'

const HELP: readonly HelpSection[] = [
  {
    title: 'Comparing traces',
    lines: [
      ['A, B', 'The first and the second trace. A difference says how much longer B takes'],
      ['Same', 'Two operations are the same if all the names above them are the same'],
    ],
  },
]

export const compareView: View = {
  title: () => 'Two traces',
  component: ({ route }) =>
    route.view === 'compare'
      ? html`<${ComparePage} key=${`${route.a} ${route.b}`} a=${route.a} b=${route.b} />`
      : null,
  help: HELP,
}

interface PairProps {
  readonly a: string
  readonly b: string
}

function ComparePage({ a, b }: PairProps): VNode {
  const first = useTrace(a)
  const second = useTrace(b)
  for (const side of [first, second])
    if (!side.trace && side.error)
      return html`<${ErrorState} error=${side.error} retry=${side.again} />`
  if (!first.trace || !second.trace) return html`<${Loading} what="two traces" />`
  const missing = [
    ...(first.trace.spans.length === 0 ? [{ id: a, side: first }] : []),
    ...(second.trace.spans.length === 0 ? [{ id: b, side: second }] : []),
  ]
  if (missing.length > 0)
    return html`<${Empty} title=${missing.length === 2 ? 'Neither trace is there.' : 'One of the traces is not there.'}>
      ${missing.map(({ id }) => html`<p>No span of <a href=${linkTo({ view: 'trace', id })}><code>${harmless(id, 64)}</code></a> is in this table, perhaps not yet.</p>`)}
      <p><button type="button" class="button primary" onClick=${() => missing.map(({ side }) => side.again())}>Look again</button></p>
    <//>`
  return html`<${Compared} a=${first.trace} b=${second.trace} ids=${{ a, b }} truncated=${first.truncated || second.truncated} />`
}

interface ComparedProps {
  readonly a: Trace
  readonly b: Trace
  readonly ids: PairProps
  readonly truncated: boolean
}

function Compared({ a, b, ids, truncated }: ComparedProps): VNode {
  const comparison = useMemo(() => compareTraces(a, b), [a, b])
  const [order, setOrder] = useState<Order>('tree')
  const [onlyDifferent, setOnlyDifferent] = useState(false)
  const rows = useMemo(
    () => comparedRows(comparison, { order, onlyDifferent }),
    [comparison, order, onlyDifferent],
  )
  useEffect(() => {
    document.title = `${harmless(rootOf(a)?.row.name ?? '', 80)} compared · spanhouse`
  }, [a])
  return html`<div class="cmp">
    <header class="cmp-head">
      <h1>Two traces</h1>
      <${Side} letter="A" id=${ids.a} trace=${a} />
      <${Difference} comparison=${comparison} ids=${ids} />
      <${Side} letter="B" id=${ids.b} trace=${b} />
    </header>
    <div class="tv-toolbar" role="toolbar" aria-label="Operations">
      <label class="tv-check">
        <input type="checkbox" checked=${onlyDifferent} onChange=${() => setOnlyDifferent(!onlyDifferent)} />
        Only what differs
      </label>
      <label class="tv-check">
        <input
          type="checkbox"
          checked=${order === 'difference'}
          onChange=${() => setOrder(order === 'tree' ? 'difference' : 'tree')}
        />
        Largest difference first
      </label>
      <span class="muted cmp-count" role="status">${counted(rows.length, 'operation')}${truncated ? ', of the spans that were sent' : ''}</span>
    </div>
    ${
      rows.length === 0
        ? html`<${Empty} title="Nothing differs."><p>Both traces have the same operations, and their times differ by less than a tenth.</p><//>`
        : html`<${CompareTable} rows=${rows} isTree=${order === 'tree'} />`
    }
  </div>`
}

interface SideProps {
  readonly letter: string
  readonly id: string
  readonly trace: Trace
}

function Side({ letter, id, trace }: SideProps): VNode {
  const { service = '', name = '' } = rootOf(trace)?.row ?? {}
  return html`<section class=${`cmp-side ${serviceClass(service)}`} aria-label=${`Trace ${letter}`}>
    <span class="cmp-letter" aria-hidden="true">${letter}</span>
    <div class="cmp-side-text">
      <a class="cmp-side-name" href=${linkTo({ view: 'trace', id })}>
        <span class="wf-dot-of-service" aria-hidden="true"></span>
        ${harmless(`${service} ${name}`, 200)}
      </a>
      <p class="muted">
        <strong>${durationText(trace.durationNs)}</strong>
        <span>${counted(trace.spans.length, 'span')}</span>
        <span class=${trace.errors > 0 ? 'wf-error' : ''}>${counted(trace.errors, 'error')}</span>
        <span>${dateTimeText(trace.startUs)}</span>
        <span class="mono">${harmless(shortId(id), 40)}</span>
      </p>
    </div>
  </section>`
}

function Difference({
  comparison,
  ids,
}: {
  readonly comparison: Comparison
  readonly ids: PairProps
}): VNode {
  const { a, b, differenceNs } = comparison
  const way = differenceNs > 0 ? 'is-slower' : differenceNs < 0 ? 'is-faster' : ''
  return html`<div class=${`cmp-difference ${way}`}>
    <strong>${signed(durationText(Math.abs(differenceNs)), differenceNs)}</strong>
    <span>${changeText(a.durationNs, b.durationNs)}</span>
    <a class="button small" href=${linkTo({ view: 'compare', a: ids.b, b: ids.a })}>Swap</a>
  </div>`
}
