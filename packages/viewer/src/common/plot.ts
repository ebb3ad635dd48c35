import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { html, type VNode } from './html.js'
import { clockText, dateText } from './text.js'

export interface PlotProps {
  /** Called once for each `optionsKey`. What changes more often is read through a ref. */
  readonly options: () => Omit<uPlot.Options, 'width' | 'height'>
  /** Another key makes the plot anew. */
  readonly optionsKey?: string
  readonly data: uPlot.AlignedData
  /** In CSS pixels. */
  readonly height: number
  /** What it shows, in words. */
  readonly label: string
  /** Changes when the plot must be drawn again although `data` is the same. */
  readonly drawKey?: unknown
}

/** A plot over time that fills the width of its place and follows the colours of the system. */
export function Plot({ options, optionsKey = '', data, height, label, drawKey }: PlotProps): VNode {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const latest = useRef(data)
  latest.current = data
  useEffect(() => {
    const box = place.current
    if (!box) return
    const made = new uPlot({ ...options(), width: box.clientWidth, height }, latest.current, box)
    plot.current = made
    const observer = new ResizeObserver(() => {
      if (box.clientWidth !== made.width) made.setSize({ width: box.clientWidth, height })
    })
    observer.observe(box)
    const dark = matchMedia('(prefers-color-scheme: dark)')
    const redraw = () => made.redraw(true, true)
    dark.addEventListener('change', redraw)
    return () => {
      plot.current = undefined
      observer.disconnect()
      dark.removeEventListener('change', redraw)
      made.destroy()
    }
  }, [optionsKey, height])
  useEffect(() => plot.current?.setData(data), [data, drawKey])
  return html`<div class="plot" ref=${place} role="img" aria-label=${label} style=${{ height: `${height}px` }}></div>`
}

/** The value of a colour variable of the theme, for canvases. */
export function themeColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}

/** An axis in the colours and the typeface of the page. */
export function axis(more: uPlot.Axis): uPlot.Axis {
  return {
    stroke: () => themeColour('--muted'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: () => themeColour('--line'), width: 1 },
    ticks: { show: false },
    gap: 4,
    ...more,
  }
}

/** The axis of time: hours and minutes, seconds if the range is short, days if it is long. */
export function timeAxis(): uPlot.Axis {
  return axis({
    size: 24,
    gap: 7,
    space: 64,
    grid: { show: false },
    values: (plot, seconds) => {
      const { min = 0, max = 0 } = plot.scales['x'] ?? {}
      return seconds.map((at) => tickText(at * 1e6, (max - min) * 1e6, seconds))
    },
  })
}

/** The label of a time as the distance of the labels needs it: from years to milliseconds. */
export function tickText(us: number, lengthUs: number, all: readonly number[]): string {
  const [first, second] = all
  const stepS = second === undefined || first === undefined ? lengthUs / 1e6 : second - first
  const time = clockText(us)
  if (stepS >= 360 * 86_400) return dateText(us).slice(0, 4)
  if (stepS >= 27 * 86_400) return dateText(us).slice(0, 7)
  if (stepS >= 86_400 || (lengthUs > 2 * 86_400e6 && time.startsWith('00:00')))
    return dateText(us).slice(5)
  if (stepS >= 60) return time.slice(0, 5)
  return stepS >= 1 ? time.slice(0, 8) : time.slice(3)
}
