import { useState } from 'preact/hooks'
import { html, type VNode } from '../common/html.js'
import { Icon } from '../common/icons.js'
import { Popover } from '../common/popover.js'
import { clockText, dateText } from '../common/text.js'
import { boundsOf, RANGES, type Range } from './range.js'
import { range, setRange } from './time.js'

const WORDS: Readonly<Record<string, string>> = {
  '5m': 'Last 5 minutes',
  '15m': 'Last 15 minutes',
  '1h': 'Last hour',
  '6h': 'Last 6 hours',
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
}

/** A range as the header shows it. */
export function rangeText(shown: Range): string {
  if (shown.kind === 'relative') return WORDS[shown.text] ?? `Last ${shown.text}`
  const { fromUs, toUs } = shown
  const [from, to] = [dateText(fromUs), dateText(toUs)]
  const end = from === to ? timeOf(toUs) : `${to} ${timeOf(toUs)}`
  return `${from} ${timeOf(fromUs)} – ${end}`
}

function timeOf(us: number): string {
  return us % 1e6 === 0 ? clockText(us).slice(0, 8) : clockText(us)
}

export function RangeControl(): VNode {
  const shown = range.value
  const face = html`<${Icon} name="clock" /><span class="range-text">${rangeText(shown)}</span>`
  return html`<${Popover} label=${`Time range: ${rangeText(shown)}`} face=${face} class="range">
    ${(close: () => void) => html`<${RangePanel} shown=${shown} close=${close} />`}
  <//>`
}

function RangePanel({ shown, close }: { shown: Range; close: () => void }): VNode {
  const choose = (text: string) => {
    setRange({ range: text })
    close()
  }
  return html`<div class="range-panel">
    <div class="range-presets" role="group" aria-label="Until now">
      ${RANGES.map(
        (text) => html`<button
          type="button"
          class="option"
          aria-pressed=${shown.kind === 'relative' && shown.text === text}
          onClick=${() => choose(text)}
        >${WORDS[text]}</button>`,
      )}
    </div>
    <${CustomRange} shown=${shown} close=${close} />
  </div>`
}

function CustomRange({ shown, close }: { shown: Range; close: () => void }): VNode {
  const bounds = boundsOf(shown, Date.now() * 1000)
  const [from, setFrom] = useState(localText(bounds.fromUs))
  const [to, setTo] = useState(localText(bounds.toUs))
  const [problem, setProblem] = useState('')
  const submit = (event: Event) => {
    event.preventDefault()
    const [fromMs, toMs] = [new Date(from).getTime(), new Date(to).getTime()]
    if (Number.isNaN(fromMs) || Number.isNaN(toMs)) return setProblem('Enter both times.')
    if (fromMs >= toMs) return setProblem('The range must begin before it ends.')
    setRange({ fromUs: fromMs * 1000, toUs: toMs * 1000 })
    close()
  }
  const field = (label: string, value: string, set: (text: string) => void) => html`<label>
    ${label}
    <input
      type="datetime-local"
      step="1"
      value=${value}
      onInput=${(event: Event) => {
        setProblem('')
        set((event.target as HTMLInputElement).value)
      }}
    />
  </label>`
  return html`<form class="range-custom" onSubmit=${submit}>
    ${field('From', from, setFrom)} ${field('To', to, setTo)}
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    <button type="submit" class="button primary">Show this range</button>
  </form>`
}

/** As a field for a local time takes it: "2026-11-28T14:03:07". */
function localText(us: number): string {
  return `${dateText(us)}T${clockText(us).slice(0, 8)}`
}
