import { useRef } from 'preact/hooks'
import { useAnswer } from '../api/use-answer.js'
import { html, type VNode } from '../common/html.js'
import { useKeys } from '../common/keys.js'
import { change, goTo, linkTo, parameter } from '../shell/address.js'
import type { HelpSection } from '../shell/help.js'
import { meta } from '../shell/meta.js'
import type { View } from '../shell/shell.js'
import { tick } from '../shell/time.js'
import { Charts } from './charts.js'
import { EmptyTable, NoTable } from './empty-states.js'
import { mistakesIn } from './mistakes.js'
import { SearchBox } from './search-box.js'
import { SEARCH_LINES, SearchLanguage } from './search-language.js'
import { SortControl } from './sort-control.js'
import { TraceResults } from './trace-results.js'
import { useTraces } from './use-traces.js'

function Traces(): VNode {
  const input = useRef<HTMLInputElement>(null)
  const q = parameter('q')
  const mistakes = mistakesIn(q)
  const isWrong = mistakes.length > 0
  const traces = useTraces(q, isWrong)
  useKeys({
    '/': () => {
      input.current?.focus()
    },
  })
  const slowTick = Math.floor(tick.value / 5)
  const isEmpty = !isWrong && traces.isAnswered && traces.list.rows.length === 0
  const { answer } = useAnswer(
    'extent',
    isEmpty ? { table: parameter('table') } : undefined,
    slowTick,
  )
  const extent = isEmpty ? answer?.rows[0] : undefined
  const known = meta.value
  if (known && !known.table) return html`<${NoTable} meta=${known} />`
  if (extent?.spans === 0) return html`<${EmptyTable} />`
  const search = (text: string) => {
    // Whoever pastes the id of a trace wants to see it, whenever it was.
    const [, id] = /^(?:trace:)?([0-9a-f]{32})$/i.exec(text) ?? []
    if (id) goTo(linkTo({ view: 'trace', id: id.toLowerCase() }))
    else change({ q: text })
  }
  return html`<div class="traces">
    <h1 class="visually-hidden">Traces</h1>
    <${SearchBox} q=${q} onSearch=${search} mistakes=${mistakes} input=${input} />
    ${
      isWrong
        ? html`<${SearchLanguage} />`
        : html`<${Charts} q=${q} />
          <div class="list-head">
            <p class="list-count" role="status">${traces.countText}</p>
            <${SortControl} />
          </div>
          <${TraceResults} traces=${traces} q=${q} extent=${extent} />`
    }
  </div>`
}

const help: readonly HelpSection[] = [
  {
    title: 'Traces',
    lines: [
      ['/', 'Search'],
      ['j', 'Next trace'],
      ['k', 'Trace before'],
      ['Enter', 'Open the trace'],
      ['Esc', 'Leave the list, so that new traces appear again'],
    ],
  },
  { title: 'Search', lines: SEARCH_LINES },
]

export const tracesView: View = { title: () => 'Traces', component: Traces, help }
