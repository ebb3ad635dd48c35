import { clockText, harmless, nsText, type SpanBrief } from '@spanhouse/queries'
import { displayWidth, fit, fitEnd, fitStart } from '../terminal/display-width.js'
import type { Output } from '../terminal/output.js'
import { paint, serviceColour } from '../terminal/paint.js'

const GAP = '  '
const CLOCK = 12
const DURATION = 8
const SHORT_ID = 8
const LONG_ID = 32
const WIDE = 120

/** Writes spans as lines that are aligned with each other and with those before them. */
export type TailLines = (spans: readonly SpanBrief[]) => string[]

/**
 * One line a span: the time of its end, service, name, duration and the beginning of the trace's id (all of it from 120 columns on).
 * The column of the services grows with the longest name so far, up to a fifth of the width.
 */
export function tailLines(out: Output): TailLines {
  const numbers = new Map<string, number>()
  let serviceWidth = 8

  const line = (span: SpanBrief, width: number): string => {
    const service = serviceOf(span)
    // Bounded: names of services may be as many as there are spans.
    if (!numbers.has(service) && numbers.size < 1000) numbers.set(service, numbers.size)
    const colour = serviceColour(numbers.get(service) ?? 0)
    const idWidth = width < WIDE ? SHORT_ID : LONG_ID
    const used = CLOCK + serviceWidth + DURATION + idWidth + GAP.length * 4 + 2
    const hasFailed = span.status === 'error'
    const name = fitStart(textOf(span), Math.max(width - used, 8))
    return [
      paint(out, 'dim', clockText(span.start_us + span.duration_ns / 1000)),
      paint(out, colour, fitStart(service, serviceWidth)),
      hasFailed ? paint(out, 'red', `✗ ${name}`) : `  ${name}`,
      fitEnd(nsText(span.duration_ns), DURATION),
      paint(out, 'dim', fit(harmless(span.trace_id, 64).slice(0, idWidth), idWidth)),
    ].join(GAP)
  }

  return (spans) => {
    const { width } = out
    const widest = Math.floor(width / (width < WIDE ? 6 : 5))
    for (const span of spans) serviceWidth = Math.max(serviceWidth, displayWidth(serviceOf(span)))
    serviceWidth = Math.min(serviceWidth, widest)
    return spans.map((span) => line(span, width))
  }
}

function serviceOf({ service }: SpanBrief): string {
  return harmless(service, 100) || '–'
}

function textOf({ name, status, status_message }: SpanBrief): string {
  const named = harmless(name, 300) || '(no name)'
  return status === 'error' && status_message !== ''
    ? `${named}: ${harmless(status_message, 300)}`
    : named
}

/** A span as `spanhouse tail --json` prints it, one object a line. Texts are as they were sent. */
export interface TailJson extends SpanBrief {
  /** Start of the span: ISO 8601 in UTC, with milliseconds. */
  start: string
}

export function tailJson(span: SpanBrief): TailJson {
  const start = new Date(Math.floor(span.start_us / 1000))
  return {
    start: Number.isNaN(start.getTime()) ? '' : start.toISOString(),
    trace_id: span.trace_id,
    span_id: span.span_id,
    parent_span_id: span.parent_span_id,
    service: span.service,
    name: span.name,
    kind: span.kind,
    start_us: span.start_us,
    duration_ns: span.duration_ns,
    status: span.status,
    status_message: span.status_message,
  }
}
