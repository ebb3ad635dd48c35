import { harmless, levelOf } from '@spanhouse/queries'
import { useState } from 'preact/hooks'
import { serviceClass } from '../common/colours.js'
import { html, type VNode } from '../common/html.js'
import { counted, dateTimeText, durationText } from '../common/text.js'
import type { Line } from './logs.js'
import { Pairs, Tools } from './pairs-view.js'
import { valueText } from './value-text.js'

const LONGEST_IN_ONE_LINE = 500

export interface LogLineProps {
  readonly line: Line
  readonly isOpen: boolean
  /** Of a list of which only one line can be reached with the Tab key. */
  readonly tabIndex?: number
  /** Whether the cursor of the waterfall is on its span. */
  readonly isOfCursor?: boolean
  readonly hasService?: boolean
  /** What leads to its span; undefined if that is not among the spans. */
  readonly onSpan?: (() => void) | undefined
  readonly onToggle: () => void
}

/** A line of a log: one row, which unfolds. */
export function LogLine(props: LogLineProps): VNode {
  const { line, isOpen, tabIndex = 0, isOfCursor, hasService = true, onToggle } = props
  const { row, atNs } = line
  const level = levelOf(row)
  const body = harmless(row.body, LONGEST_IN_ONE_LINE) || harmless(row.event_name, 200)
  const classes = [
    'lg-line',
    serviceClass(row.service),
    level && `is-${level}`,
    isOfCursor && 'is-of-cursor',
    isOpen && 'is-open',
  ]
  return html`<li class=${classes.filter(Boolean).join(' ')}>
    <button type="button" class="lg-row" aria-expanded=${isOpen} tabindex=${tabIndex} onClick=${onToggle}>
      <span class="lg-time" title=${dateTimeText(row.time_us)}>${atText(atNs)}</span>
      <span class="lg-level">${levelText(row.severity_text, level)}</span>
      ${hasService && html`<span class="lg-service"><span class="wf-dot-of-service" aria-hidden="true"></span>${harmless(row.service, 100) || '(no service)'}</span>`}
      <span class="lg-body">${body || html`<span class="muted">(empty)</span>`}</span>
    </button>
    ${isOpen && html`<${Whole} ...${props} />`}
  </li>`
}

/** `+12.4 ms`; `−2.00 ms` if it was written before the trace began. */
function atText(atNs: number): string {
  return atNs < 0 ? durationText(atNs) : `+${durationText(atNs)}`
}

function levelText(name: string, level: string | undefined): string {
  return (harmless(name, 12) || level || '–').toUpperCase()
}

/** All of a line. */
function Whole({ line, onSpan }: LogLineProps): VNode {
  const [isWhole, setWhole] = useState(false)
  const { row } = line
  const { text, isCut } = valueText(row.body, isWhole)
  const attributes = Object.entries(row.attributes)
  return html`<div class="lg-whole">
    ${text !== '' && html`<pre class="lg-text" tabindex="0" aria-label="Body">${text}${isCut && ' …'}</pre>`}
    <div class="lg-facts">
      ${
        isCut &&
        html`<button type="button" class="button small" onClick=${() => setWhole(true)}>
          Show all ${counted(row.body.length, 'character')}
        </button>`
      }
      <span>${dateTimeText(row.time_us)}</span>
      ${row.event_name !== '' && html`<span>event ${harmless(row.event_name, 200)}</span>`}
      ${row.scope_name !== '' && html`<span>${harmless(`${row.scope_name} ${row.scope_version}`.trim(), 200)}</span>`}
      ${
        onSpan
          ? html`<button type="button" class="button small" onClick=${onSpan}>Open its span</button>`
          : row.span_id !== '' &&
            html`<span>Its span <code>${harmless(row.span_id, 32)}</code> is not among the spans.</span>`
      }
      ${row.body !== '' && html`<${Tools} label="body" value=${row.body} />`}
    </div>
    ${attributes.length > 0 && html`<${Pairs} entries=${attributes} searchOf=${noSearch} />`}
  </div>`
}

/** The search box looks at attributes of spans, not of logs. */
const noSearch = () => undefined
