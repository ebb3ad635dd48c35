import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type uPlot from 'uplot'
import { html, type VNode } from '../common/html.js'
import { axis, Plot, themeColour, timeAxis } from '../common/plot.js'
import { counted, durationText } from '../common/text.js'
import { change } from '../shell/address.js'
import {
  bandBounds,
  bandOf,
  durationCondition,
  durationRange,
  durationTicks,
  heatSummary,
  strength,
} from './heat.js'
import type { Shown } from './shown.js'
import { withDuration } from './tokens.js'
import { zoomTo } from './zoom.js'

const LINES = [
  { key: 'p50', colour: '--line-p50' },
  { key: 'p95', colour: '--line-p95' },
  { key: 'p99', colour: '--line-p99' },
] as const

/** Of a label of the axis with the space to the next one, in CSS pixels. */
const LABEL_HEIGHT = 18

/** Durations over time as a heat map, with the percentiles as lines. Drag to zoom, click a cell to see its traces. */
export function HeatChart(shown: Shown): VNode {
  const latest = useRef(shown)
  latest.current = shown
  const hover = useSignal('')
  const { lines } = shown
  const options = () =>
    heatOptions(
      () => latest.current,
      (text) => {
        hover.value = text
      },
    )
  return html`<figure class="chart">
    <figcaption class="chart-head">
      <h2>Latency</h2>
      <span class="chart-hover" aria-hidden="true">${hover}</span>
      <span class="legend">
        ${LINES.map(({ key }) => html`<span class=${`legend-line legend-${key}`}>${key}</span>`)}
      </span>
    </figcaption>
    <${Plot}
      options=${options}
      data=${[lines.times, lines.p50, lines.p95, lines.p99]}
      drawKey=${shown.cells}
      height=${shown.height}
      label=${heatSummary(shown.cells, shown.rows)}
    />
  </figure>`
}

function heatOptions(
  shown: () => Shown,
  say: (text: string) => void,
): Omit<uPlot.Options, 'width' | 'height'> {
  const times = (): uPlot.Range.MinMax => [shown().fromUs / 1e6, shown().toUs / 1e6]
  const durations = (): uPlot.Range.MinMax => {
    const { minNs, maxNs } = durationRange(shown().cells)
    return [minNs, maxNs]
  }
  return {
    legend: { show: false },
    padding: [8, 28, 0, 0],
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: true, uni: 24, setScale: false },
    },
    scales: { x: { time: true, range: times }, y: { distr: 3, log: 10, range: durations } },
    axes: [timeAxis(), durationAxis()],
    series: [
      {},
      ...LINES.map(({ colour }) => ({
        stroke: () => themeColour(colour),
        width: 1.5,
        points: { show: false },
        spanGaps: false,
      })),
    ],
    hooks: {
      drawAxes: [(plot) => drawCells(plot, shown())],
      setCursor: [(plot) => say(hoverText(plot, shown()))],
      setSelect: [(plot) => selected(plot, shown())],
      ready: [(plot) => onClick(plot, (event) => clicked(plot, shown(), event))],
    },
  }
}

function durationAxis(): uPlot.Axis {
  return axis({
    size: 56,
    splits: (plot, _, min, max) =>
      durationTicks(min, max, Math.floor(plot.over.clientHeight / LABEL_HEIGHT)),
    filter: (_, ticks) => ticks,
    values: (_, ticks) =>
      ticks.map((ns) =>
        durationText(ns)
          .replace(/\.0+ /, ' ')
          .replace(/(?<=[mhd]) 0 \w$/, ''),
      ),
  })
}

function drawCells(plot: uPlot, { cells, stepUs }: Shown): void {
  const { ctx, bbox } = plot
  const most = Math.max(0, ...cells.map((cell) => cell.count))
  const [few, error] = [themeColour('--heat'), themeColour('--heat-error')]
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  for (const { bucket_us, band, count, errors } of cells) {
    const { fromNs, toNs } = bandBounds(band)
    const left = Math.round(plot.valToPos(bucket_us / 1e6, 'x', true))
    const right = Math.round(plot.valToPos((bucket_us + stepUs) / 1e6, 'x', true))
    const top = Math.round(plot.valToPos(toNs, 'y', true))
    const bottom = Math.round(plot.valToPos(fromNs, 'y', true))
    const [width, height] = [Math.max(1, right - left - 1), Math.max(1, bottom - top - 1)]
    ctx.globalAlpha = 0.14 + 0.8 * strength(count, most)
    ctx.fillStyle = few
    ctx.fillRect(left, top, width, height)
    if (errors === 0) continue
    // The failed part of a cell stands at its foot. It never vanishes, but a few failures are pale.
    const failed = Math.max(1, Math.round((height * errors) / count))
    ctx.globalAlpha = 0.35 + 0.6 * Math.min(1, (5 * errors) / count)
    ctx.fillStyle = error
    ctx.fillRect(left, bottom - 1 - failed, width, failed)
  }
  ctx.restore()
}

function cellAt(plot: uPlot, { cells, stepUs }: Shown, left: number, top: number) {
  const us = plot.posToVal(left, 'x') * 1e6
  const band = bandOf(plot.posToVal(top, 'y'))
  const bucket = Math.floor(us / stepUs) * stepUs
  return cells.find((cell) => cell.bucket_us === bucket && cell.band === band)
}

function hoverText(plot: uPlot, shown: Shown): string {
  const { left = -1, top = -1, idx } = plot.cursor
  if (left < 0 || idx === null || idx === undefined) return ''
  const cell = cellAt(plot, shown, left, top)
  if (cell) {
    const { fromNs, toNs } = bandBounds(cell.band)
    const failed = cell.errors > 0 ? `, ${counted(cell.errors, 'error')}` : ''
    return `${counted(cell.count, 'request')}${failed} in ${durationText(fromNs)} – ${durationText(toNs)}`
  }
  const p95 = shown.lines.p95[idx]
  const p50 = shown.lines.p50[idx]
  if (p95 === null || p95 === undefined || p50 === null || p50 === undefined) return ''
  return `p50 ${durationText(p50)} · p95 ${durationText(p95)} · p99 ${durationText(shown.lines.p99[idx] ?? p95)}`
}

/** A selection as high as the chart narrows the time only. */
function selected(plot: uPlot, shown: Shown): void {
  const { left, top, width, height } = plot.select
  if (width < 4 && height < 4) return
  const full = plot.over.clientHeight
  const isWhole = height === 0 || height >= full - 1
  const durations = isWhole
    ? undefined
    : durationCondition(plot.posToVal(top + height, 'y'), plot.posToVal(top, 'y'))
  const isWide = width >= 4 && width < plot.over.clientWidth - 1
  const q = durations ? withDuration(shown.q, durations) : shown.q
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
  if (isWide) zoomTo(plot.posToVal(left, 'x') * 1e6, plot.posToVal(left + width, 'x') * 1e6, q)
  else change({ q })
}

/** The end of a drag is a click for the browser, but not for us. */
function onClick(plot: uPlot, act: (event: MouseEvent) => void): void {
  let pressed = { x: 0, y: 0 }
  plot.over.addEventListener('mousedown', ({ clientX, clientY }) => {
    pressed = { x: clientX, y: clientY }
  })
  plot.over.addEventListener('click', (event) => {
    if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < 4) act(event)
  })
}

function clicked(plot: uPlot, shown: Shown, event: MouseEvent): void {
  const box = plot.over.getBoundingClientRect()
  const cell = cellAt(plot, shown, event.clientX - box.left, event.clientY - box.top)
  if (!cell) return
  const { fromNs, toNs } = bandBounds(cell.band)
  const q = withDuration(shown.q, durationCondition(fromNs, toNs))
  zoomTo(cell.bucket_us, cell.bucket_us + shown.stepUs, q)
}
