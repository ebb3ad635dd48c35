import { useRef, useState } from 'preact/hooks'
import type uPlot from 'uplot'
import { html, type VNode } from './html.js'
import { axis, Plot, themeColour, timeAxis } from './plot.js'
import { clockText, dateText } from './text.js'

export interface LineSeries {
  readonly name: string
  /** One for each time; null where there is none. */
  readonly values: readonly (number | null)[]
  /** A custom property of CSS, such as `--s0`. */
  readonly colour: string
}

export interface LineChartProps {
  readonly title: string
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[]
  readonly series: readonly LineSeries[]
  readonly valueText: (value: number) => string
  /** Of the horizontal axis, in seconds. By default the chart is as wide as its times. */
  readonly bounds?: readonly [number, number]
  /** Called with the range that was dragged over, in microseconds. */
  readonly onZoom?: (fromUs: number, toUs: number) => void
}

/** In CSS pixels. */
const HEIGHT = 180

/** Lines over time. Charts of one view show the same moment under the pointer. */
export function LineChart(chart: LineChartProps): VNode {
  const latest = useRef(chart)
  latest.current = chart
  const [pointed, setPointed] = useState<number | undefined>(undefined)
  const { series, times, title, valueText } = chart
  const index = pointed !== undefined && pointed < times.length ? pointed : undefined
  return html`<figure class="lines">
    <figcaption class="lines-head">
      <h3>${title}</h3>
      <span class="lines-time muted">${index !== undefined && momentText(times[index] ?? 0, times)}</span>
    </figcaption>
    <div class="lines-legend">
      ${series.map(({ name, colour, values }) => {
        const value = index === undefined ? undefined : values[index]
        return html`<span class="lines-key" key=${name}>
          <i class="swatch" style=${{ background: `var(${colour})` }}></i><span class="ellipsis">${name}</span>
          <b>${typeof value === 'number' ? valueText(value) : ''}</b>
        </span>`
      })}
    </div>
    <${Plot}
      options=${() => optionsOf(() => latest.current, setPointed)}
      optionsKey=${series.map(({ name, colour }) => `${name}\n${colour}`).join('\n\n')}
      data=${[times, ...series.map(({ values }) => values)]}
      height=${HEIGHT}
      label=${spokenText(chart)}
    />
  </figure>`
}

/** What the chart shows, for those who cannot see it. */
function spokenText({ title, series, valueText }: LineChartProps): string {
  const each = series.map(({ name, values }) => {
    const numbers = values.filter((value) => value !== null)
    if (numbers.length === 0) return `${name}: no values`
    const least = numbers.reduce((a, b) => Math.min(a, b))
    const most = numbers.reduce((a, b) => Math.max(a, b))
    return `${name}: ${valueText(least)} to ${valueText(most)}, last ${valueText(numbers.at(-1) ?? 0)}`
  })
  return `${title}. ${each.join('; ')}`
}

function momentText(seconds: number, times: readonly number[]): string {
  const us = seconds * 1e6
  const isLong = (times.at(-1) ?? 0) - (times[0] ?? 0) > 86_400
  return isLong ? `${dateText(us)} ${clockText(us).slice(0, 5)}` : clockText(us).slice(0, 8)
}

function optionsOf(
  chart: () => LineChartProps,
  point: (index: number | undefined) => void,
): Omit<uPlot.Options, 'width' | 'height'> {
  const hasValues = () =>
    chart().series.some(({ values }) => values.some((value) => value !== null))
  // Without values the axis would show numbers that mean nothing.
  const valueAxis = (splits: number[]) =>
    splits.map((value) => (hasValues() ? chart().valueText(value) : ''))
  return {
    legend: { show: false },
    padding: [8, 20, 0, 0],
    cursor: {
      y: false,
      sync: { key: 'time' },
      drag: { x: chart().onZoom !== undefined, y: false, setScale: false },
      points: { size: 6 },
    },
    scales: {
      x: { range: (_, from, to) => [...(chart().bounds ?? widened(from, to))] as [number, number] },
      y: { range: (_, from, to) => [Math.min(0, from ?? 0), (to ?? 0) > 0 ? to * 1.1 : 1] },
    },
    axes: [timeAxis(), axis({ size: 64, values: (_, splits) => valueAxis(splits) })],
    series: [
      {},
      ...chart().series.map(({ name, colour }) => ({
        label: name,
        stroke: () => themeColour(colour),
        width: 1.5,
        points: { show: false },
      })),
    ],
    hooks: {
      setCursor: [
        ({ cursor }) => point((cursor.left ?? -1) < 0 ? undefined : (cursor.idx ?? undefined)),
      ],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select
          if (width < 4) return
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false)
          chart().onZoom?.(plot.posToVal(left, 'x') * 1e6, plot.posToVal(left + width, 'x') * 1e6)
        },
      ],
    },
  }
}

const widened = (from: number, to: number) => (from < to ? [from, to] : [from - 1, to + 1])
