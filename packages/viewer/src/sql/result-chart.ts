import { html, type VNode } from '../common/html.js'
import { LineChart } from '../common/line-chart.js'
import { countText, durationText } from '../common/text.js'
import type { Bars, Chart, Lines } from './chart.js'

/** Of the theme, so that neighbours differ; as many as `MOST_SERIES`. */
const COLOURS = ['--s0', '--s2', '--s1', '--s5', '--s7', '--s3', '--s4', '--s6']

export function ResultChart({ chart }: { readonly chart: Chart }): VNode {
  return chart.kind === 'lines' ? html`<${LinesOf} ...${chart} />` : html`<${BarsOf} ...${chart} />`
}

function LinesOf({ times, series, hidden }: Lines): VNode {
  const text = series.every(({ name }) => name.endsWith('_ns')) ? durationText : numberText
  return html`<div>
    <${LineChart}
      title="Over time"
      times=${times}
      series=${series.map((one, index) => ({ ...one, colour: COLOURS[index % COLOURS.length] ?? '--s0' }))}
      valueText=${text}
    />
    ${hidden > 0 && html`<p class="muted note">${`The ${series.length} largest of ${series.length + hidden} series.`}</p>`}
  </div>`
}

function BarsOf({ label, value, bars, hidden }: Bars): VNode {
  const most = Math.max(...bars.map((bar) => Math.abs(bar.value)), Number.MIN_VALUE)
  const text = value.endsWith('_ns') ? durationText : numberText
  return html`<figure class="bars">
    <figcaption class="muted">${`${value} by ${label}`}</figcaption>
    <ul>
      ${bars.map(
        (bar, index) => html`<li key=${index}>
          <span class="ellipsis" title=${bar.label}>${bar.label || '(empty)'}</span>
          <span class="bar-track" aria-hidden="true">
            <span class=${bar.value < 0 ? 'bar negative' : 'bar'} style=${{ width: `${(100 * Math.abs(bar.value)) / most}%` }}></span>
          </span>
          <b>${text(bar.value)}</b>
        </li>`,
      )}
    </ul>
    ${hidden > 0 && html`<p class="muted note">${`The first ${bars.length} of ${bars.length + hidden} rows.`}</p>`}
  </figure>`
}

function numberText(value: number): string {
  if (Number.isInteger(value)) return countText(value)
  return value.toLocaleString('en-US', { maximumSignificantDigits: 4 })
}
