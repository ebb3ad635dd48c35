import { harmless, type Trace } from '@spanhouse/queries'
import { useState } from 'preact/hooks'
import { useAnswer } from '../api/use-answer.js'
import { html, type VNode } from '../common/html.js'
import { Icon } from '../common/icons.js'
import { Popover } from '../common/popover.js'
import { agoText, durationText } from '../common/text.js'
import { linkTo, parameter } from '../shell/address.js'
import { forget, remember, remembered } from './compare-first.js'
import { rootOf } from './root.js'
import { operationSearch } from './search-link.js'

export interface CompareMenuProps {
  readonly trace: Trace
  readonly id: string
}

/** The way from a trace to the comparison with another one. */
export function CompareMenu({ trace, id }: CompareMenuProps): VNode {
  return html`<${Popover} label="Compare with another trace" face=${html`<span>Compare</span><${Icon} name="down" />`}>
    ${() => html`<${Choices} trace=${trace} id=${id} />`}
  <//>`
}

const HOUR_US = 3600e6

function Choices({ trace, id }: CompareMenuProps): VNode {
  const [first, setFirst] = useState(remembered)
  const { service = '', name = '' } = rootOf(trace)?.row ?? {}
  const asked = {
    q: operationSearch(service, name),
    // Before and after: a slow one is compared with what was usual then.
    from: Math.floor(trace.startUs - HOUR_US),
    to: Math.ceil(trace.startUs + HOUR_US),
    limit: 50,
    table: parameter('table'),
  }
  const { answer, error, isLoading } = useAnswer('traces', asked)
  const others = (answer?.rows ?? [])
    .filter((row) => row.trace_id !== id && row.root_service === service && row.root_name === name)
    .slice(0, 10)
  const keep = () => {
    const kept = { id, service, name, durationNs: trace.durationNs }
    remember(kept)
    setFirst(kept)
  }
  return html`<div class="cmp-menu">
    ${
      first && first.id !== id
        ? html`<p class="cmp-menu-title">Remembered</p>
            <a class="option cmp-option" href=${linkTo({ view: 'compare', a: first.id, b: id })}>
              <span class="cmp-option-name">${harmless(`${first.service} ${first.name}`, 100)}</span>
              <span class="muted">${durationText(first.durationNs)}</span>
            </a>
            <button type="button" class="option" onClick=${() => {
              forget()
              setFirst(undefined)
            }}>Forget it</button>`
        : html`<button type="button" class="option" disabled=${first?.id === id} onClick=${keep}>
            ${first?.id === id ? 'Remembered: open the other trace and compare there' : 'Remember this trace, to compare it with another'}
          </button>`
    }
    <p class="cmp-menu-title">Same operation, an hour before and after</p>
    ${error && html`<p class="problem">${error.message}</p>`}
    ${isLoading && !answer && html`<p class="muted">Loading …</p>`}
    ${answer && others.length === 0 && html`<p class="muted">There is no other trace of it.</p>`}
    ${others.map(
      (
        row,
      ) => html`<a class="option cmp-option" key=${row.trace_id} href=${linkTo({ view: 'compare', a: id, b: row.trace_id })}>
        <span class="cmp-option-name mono">${harmless(row.trace_id.slice(0, 8), 20)}</span>
        ${row.errors > 0 && html`<span class="wf-error">failed</span>`}
        <span>${durationText(row.duration_ns)}</span>
        <span class="muted">${agoText(row.start_us, Date.now() * 1000)}</span>
      </a>`,
    )}
  </div>`
}
