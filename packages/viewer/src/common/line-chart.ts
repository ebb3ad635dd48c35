import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import { html, type VNode } from './html.js'
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
const SYNC = uPlot.sync('time')

/** Lines over time. All charts of a view show the same moment under the pointer. */
export function LineChart(chart: LineChartProps): VNode {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const latest = useRef(chart)
  latest.current = chart
  const [pointed, setPointed] = useState<number | undefined>(undefined)
  const scheme = useColourScheme()
  const shape = chart.series.map(({ name, colour }) => `${name}\n${colour}`).join('\n\n')

  useEffect(() => {
    const element = box.current
    if (!element) return
    const made = new uPlot(
      optionsOf(element, () => latest.current, setPointed),
      dataOf(latest.current),
      element,
    )
    plot.current = made
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0) made.setSize({ width: element.clientWidth, height: HEIGHT })
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
      plot.current = undefined
    }
  }, [shape, scheme])
  useEffect(() => plot.current?.setData(dataOf(chart)))

  const { series, times, valueText } = chart
  const index = pointed !== undefined && pointed < times.length ? pointed : undefined
  return html`<figure class="chart">
    <figcaption class="chart-head">
      <h3>${chart.title}</h3>
      <span class="chart-time muted">${index !== undefined && momentText(times[index] ?? 0, times)}</span>
    </figcaption>
    <div class="chart-legend">
      ${series.map(({ name, colour, values }) => {
        const value = index === undefined ? undefined : values[index]
        const swatch = { background: `var(${colour})` }
        return html`<span class="chart-key" key=${name}>
          <i class="swatch" style=${swatch}></i><span class="chart-name">${name}</span>
          <b>${typeof value === 'number' ? valueText(value) : ''}</b>
        </span>`
      })}
    </div>
    <div class="chart-plot" ref=${box} role="img" aria-label=${spokenText(chart)}></div>
  </figure>`
}

/** What the chart shows, for those who cannot see it. */
function spokenText({ title, series, valueText }: LineChartProps): string {
  const each = series.map(({ name, values }) => {
    const numbers = values.filter((value): value is number => value !== null)
    if (numbers.length === 0) return `${name}: no values`
    const [least, most] = numbers.reduce(([a, b], n) => [Math.min(a, n), Math.max(b, n)], [
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ] as [number, number])
    return `${name}: ${valueText(least)} to ${valueText(most)}, last ${valueText(numbers.at(-1) ?? 0)}`
  })
  return `${title}. ${each.join('; ')}`
}

function momentText(seconds: number, times: readonly number[]): string {
  const us = seconds * 1e6
  const isLong = (times.at(-1) ?? 0) - (times[0] ?? 0) > 86_400
  return isLong ? `${dateText(us)} ${clockText(us).slice(0, 5)}` : clockText(us).slice(0, 8)
}

function dataOf({ times, series }: LineChartProps): uPlot.AlignedData {
  return [times, ...series.map(({ values }) => values)] as unknown as uPlot.AlignedData
}

function optionsOf(
  element: HTMLElement,
  chart: () => LineChartProps,
  point: (index: number | undefined) => void,
): uPlot.Options {
  const style = getComputedStyle(element)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const axis: uPlot.Axis = {
    stroke: colour('--muted'),
    font: `12px ${colour('--sans')}`,
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  }
  const { onZoom } = chart()
  return {
    width: Math.max(1, element.clientWidth),
    height: HEIGHT,
    legend: { show: false },
    padding: [8, 8, 0, 0],
    cursor: {
      y: false,
      sync: { key: SYNC.key },
      drag: { x: onZoom !== undefined, y: false, setScale: false },
      points: { size: 6 },
    },
    scales: {
      x: { range: (_, from, to) => [...(chart().bounds ?? widened(from, to))] as [number, number] },
      y: { range: (_, from, to) => [Math.min(0, from ?? 0), (to ?? 0) > 0 ? to * 1.1 : 1] },
    },
    axes: [
      { ...axis, size: 28, space: 72, values: (_, splits) => timeMarks(splits) },
      { ...axis, size: 64, values: (_, splits) => splits.map((value) => chart().valueText(value)) },
    ],
    series: [
      {},
      ...chart().series.map(({ name, colour: own }) => ({
        label: name,
        stroke: colour(own),
        width: 1.5,
        points: { show: false },
      })),
    ],
    hooks: {
      setCursor: [({ cursor }) => point(cursor.idx ?? undefined)],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select
          if (width < 4) return
          const at = (px: number) => plot.posToVal(px, 'x') * 1e6
          chart().onZoom?.(at(left), at(left + width))
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false)
        },
      ],
    },
  }
}

const widened = (from: number, to: number) => (from < to ? [from, to] : [from - 1, to + 1])

/** The time of day, and at midnight the date. Seconds only where the marks need them. */
function timeMarks(splits: readonly number[]): string[] {
  const step = (splits[1] ?? 0) - (splits[0] ?? 0)
  return splits.map((seconds) => {
    const time = clockText(seconds * 1e6)
    if (step >= 86_400 || time.startsWith('00:00:00')) return dateText(seconds * 1e6).slice(5)
    return time.slice(0, step < 60 ? 8 : 5)
  })
}

/** Changes with the system's colours: what is drawn on a canvas does not follow them by itself. */
function useColourScheme(): string {
  const [scheme, setScheme] = useState('')
  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)')
    const follow = () => setScheme(dark.matches ? 'dark' : 'light')
    follow()
    dark.addEventListener('change', follow)
    return () => dark.removeEventListener('change', follow)
  }, [])
  return scheme
}
