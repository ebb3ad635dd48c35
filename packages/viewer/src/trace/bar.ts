import { levelOf, type Segment, type SpanEvent, type TraceSpan } from '@spanhouse/queries'
import type { Line } from './logs.js'
import type { Zoom } from './zoom.js'

/** A place on the time axis, in percent of what is shown. */
export interface Place {
  readonly left: number
  readonly width: number
}

/** Where a bar stands; `before` and `after` if it is not in what is shown. */
export function placeOf(zoom: Zoom, fromNs: number, toNs: number): Place | 'before' | 'after' {
  const lengthNs = zoom.toNs - zoom.fromNs
  if (toNs < zoom.fromNs) return 'before'
  if (fromNs > zoom.toNs) return 'after'
  const from = Math.max(fromNs, zoom.fromNs)
  const to = Math.min(toNs, zoom.toNs)
  return { left: (100 * (from - zoom.fromNs)) / lengthNs, width: (100 * (to - from)) / lengthNs }
}

/** Where the text of a bar has room: beside it, or else in it. `needed` is its width in percent. */
export function labelSide({ left, width }: Place, needed = 20): 'right' | 'left' | 'inside' {
  if (left + width < 100 - needed) return 'right'
  return left > needed ? 'left' : 'inside'
}

const CELLS = 400

/** Parts of a bar, in percent of what is shown. What is too near to be told apart becomes one, so there are at most 400. */
export function strips(zoom: Zoom, segments: readonly Segment[]): Place[] {
  const places: { left: number; width: number }[] = []
  for (const { fromNs, toNs } of segments) {
    const place = placeOf(zoom, fromNs, toNs)
    if (typeof place === 'string') continue
    const before = places.at(-1)
    if (before && place.left - (before.left + before.width) < 100 / CELLS)
      before.width = Math.max(before.width, place.left + place.width - before.left)
    else places.push({ ...place })
  }
  return places
}

/** When an event was, from the start of the trace as the waterfall counts it. */
export function eventNs(span: TraceSpan, event: SpanEvent): number {
  return event.offset_ns - span.row.offset_ns + span.startNs
}

/** A moment of a span that has something to say. */
export interface Dot {
  /** In percent of what is shown. */
  readonly left: number
  /** Or a line of a log that is as bad. */
  readonly isException: boolean
  /** Only lines of logs are there. */
  readonly isLog: boolean
  /** The names of the events and the texts of the lines there. */
  readonly names: readonly string[]
}

const MOST_NAMES = 5
const DOTS_PER_PERCENT = 2

type Draft = { -readonly [Key in keyof Dot]: Dot[Key] } & { names: string[] }

/** The events of a span and the lines of its logs as dots. What is at the same place is one dot. */
export function dots(zoom: Zoom, span: TraceSpan, lines: readonly Line[] = []): Dot[] {
  const cells = new Map<number, Draft>()
  const add = (atNs: number, name: string, isException: boolean, isLog: boolean) => {
    const place = placeOf(zoom, atNs, atNs)
    if (typeof place === 'string') return
    const cell = Math.round(place.left * DOTS_PER_PERCENT)
    const dot = cells.get(cell) ?? { left: place.left, isException: false, isLog, names: [] }
    if (isException) dot.isException = true
    if (!isLog) dot.isLog = false
    if (dot.names.length < MOST_NAMES) dot.names.push(name)
    cells.set(cell, dot)
  }
  for (const event of span.row.events)
    add(eventNs(span, event), event.name, event.name === 'exception', false)
  for (const { atNs, row } of lines)
    add(atNs, row.body || row.event_name, BAD.has(levelOf(row)), true)
  return [...cells.values()]
}

const BAD: ReadonlySet<string | undefined> = new Set(['error', 'fatal'])

/** The time in which the spans of a group run, in time order. */
export function segmentsOf(spans: readonly TraceSpan[]): Segment[] {
  return spans.map(({ startNs, endNs }) => ({ fromNs: startNs, toNs: endNs }))
}

/** How far a row is indented, in px. Deep levels get less and less, so that the name stays in sight. */
export function indentOf(depth: number, step: number): number {
  const deep = Math.max(0, depth - 8)
  return Math.min(depth, 8) * step + Math.min(deep, 24) * 2
}
