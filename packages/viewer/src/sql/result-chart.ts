import { html, type VNode } from '../common/html.js'
import { LineChart } from '../common/line-chart.js'
import { countText, durationText } from '../common/text.js'
import type { Bars, Chart, Lines } from './chart.js'

/** Of the theme, so that neighbours differ; as many as `MOST_SERIES`. */
const COLOURS = ['--s0', '--s2', '--s1', '--s5', '--s7', '--s3', '--s4', '--s6']

export function ResultChart({ chart }: { readonly chart: Chart }): VNode {
  return chart.kind === 'lines' ? html`<${LinesOf} ...${chart} />` : html`<${BarsOf} ...${chart} />`
}

/** Durations have a chart of their own: beside nanoseconds, every count would lie on the axis. */
function LinesOf({ times, series, hidden }: Lines): VNode {
  const coloured = series.map((one, index) => ({
    ...one,
    colour: COLOURS[index % COLOURS.length] ?? '--s0',
  }))
  const durations = coloured.filter(({ name }) => isDuration(name))
  const others = coloured.filter(({ name }) => !isDuration(name))
  const groups = [
    { title: 'Over time', series: others, valueText: numberText },
    { title: 'Durations over time', series: durations, valueText: durationText },
  ].filter((group) => group.series.length > 0)
  return html`<div class="result-lines">
    ${groups.map((group) => html`<${LineChart} key=${group.title} times=${times} ...${group} />`)}
    ${hidden > 0 && html`<p class="muted">${`The ${series.length} largest of ${series.length + hidden} series.`}</p>`}
  </div>`
}

function BarsOf({ label, value, bars, hidden }: Bars): VNode {
  const most = Math.max(...bars.map((bar) => Math.abs(bar.value)), Number.MIN_VALUE)
  const text = isDuration(value) ? durationText : numberText
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

const isDuration = (name: string) => name.endsWith('_ns')

function numberText(value: number): string {
  if (Number.isInteger(value)) return countText(value)
  return value.toLocaleString('en-US', { maximumSignificantDigits: 4 })
}
