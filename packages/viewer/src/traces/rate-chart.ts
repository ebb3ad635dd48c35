import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { html, type VNode } from '../common/html.js'
import { axis, Plot, themeColour, timeAxis } from '../common/plot.js'
import { clockText, counted, countText, percentText, rateText, shortCount } from '../common/text.js'
import type { Shown } from './shown.js'
import { zoomTo } from './zoom.js'

/** There is no half of a request. */
const WHOLE = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((power) => [1, 2, 5].map((n) => n * 10 ** power))

/** Requests over time, those that failed in red. Drag to zoom. */
export function RateChart(shown: Shown): VNode {
  const latest = useRef(shown)
  latest.current = shown
  const hover = useSignal('')
  const { lines } = shown
  const all = lines.good.map((good, i) => good + (lines.errors[i] ?? 0))
  const requests = all.reduce((sum, count) => sum + count, 0)
  const errors = lines.errors.reduce((sum, count) => sum + count, 0)
  const seconds = (shown.toUs - shown.fromUs) / 1e6
  const options = () =>
    rateOptions(
      () => latest.current,
      (text) => {
        hover.value = text
      },
    )
  return html`<figure class="chart">
    <figcaption class="chart-head">
      <h2>Requests</h2>
      <span class="chart-hover" aria-hidden="true">${hover}</span>
      ${
        requests > 0 &&
        html`<span class="legend">
          <span>${rateText(requests / seconds)}</span>
          <span class=${errors > 0 ? 'legend-errors' : ''}>${percentText(errors / requests)} errors</span>
        </span>`
      }
    </figcaption>
    <${Plot}
      options=${options}
      data=${[lines.times, all, lines.errors]}
      height=${shown.height}
      label=${`Requests over time: ${countText(requests)}, of which ${countText(errors)} failed.`}
    />
  </figure>`
}

function rateOptions(
  shown: () => Shown,
  say: (text: string) => void,
): Omit<uPlot.Options, 'width' | 'height'> {
  const times = (): uPlot.Range.MinMax => [shown().fromUs / 1e6, shown().toUs / 1e6]
  const bars = uPlot.paths.bars?.({ size: [0.8, 100], align: 1 })
  const series = (colour: string): uPlot.Series => ({
    fill: () => themeColour(colour),
    width: 0,
    points: { show: false },
    ...(bars && { paths: bars }),
  })
  return {
    legend: { show: false },
    padding: [8, 28, 0, 0],
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
    scales: {
      x: { time: true, range: times },
      y: { range: (_, __, max) => [0, Math.max(1, max * 1.08)] },
    },
    axes: [
      timeAxis(),
      axis({ size: 40, incrs: WHOLE, values: (_, ticks) => ticks.map(shortCount) }),
    ],
    series: [{}, series('--bar'), series('--heat-error')],
    hooks: {
      setCursor: [(plot) => say(hoverText(plot))],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select
          if (width < 4) return
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          zoomTo(plot.posToVal(left, 'x') * 1e6, plot.posToVal(left + width, 'x') * 1e6, shown().q)
        },
      ],
    },
  }
}

function hoverText(plot: uPlot): string {
  const { idx, left = -1 } = plot.cursor
  if (left < 0 || idx === null || idx === undefined) return ''
  const [times, all, errors] = plot.data
  const failed = errors?.[idx] ?? 0
  const at = clockText((times[idx] ?? 0) * 1e6).slice(0, 8)
  return `${at}: ${counted(all?.[idx] ?? 0, 'request')}${failed > 0 ? `, ${counted(failed, 'error')}` : ''}`
}
