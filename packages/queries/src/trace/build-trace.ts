import type { SpanRow } from '../ask/rows.js'
import { busyNs } from './busy.js'
import { markCriticalPath } from './critical-path.js'
import { type Draft, draftOf } from './draft.js'
import { findRepeats } from './repeats.js'
import type { Trace, TraceService } from './trace.js'
import { inOrder, linkTree } from './tree.js'

/** Makes a tree of the spans of one trace, in any order. Whatever ids and times they have, every span id is shown once. */
export function buildTrace(rows: readonly SpanRow[]): Trace {
  const unique = firstOfEachId(rows)
  const startNs = minimum(unique.map((row) => row.offset_ns))
  const drafts = unique.map((row) => draftOf(row, startNs)).sort(byStart)
  const roots = linkTree(drafts)
  const spans = inOrder(roots)
  const durationNs = maximum(spans.map((span) => span.endNs))
  for (const span of spans) {
    const window = { fromNs: span.startNs, toNs: span.endNs }
    span.selfNs = span.endNs - span.startNs - busyNs(span.children, window)
  }
  markCriticalPath(roots, durationNs)
  return {
    traceId: unique[0]?.trace_id ?? '',
    startUs: minimum(unique.map((row) => row.start_us)),
    durationNs,
    spans,
    roots,
    services: numberServices(spans),
    errors: spans.filter((span) => span.row.status === 'error').length,
    repeats: findRepeats(spans, roots),
    duplicates: rows.length - unique.length,
  }
}

/** A batch that was sent twice leaves every row twice. A row without an id is like no other. */
function firstOfEachId(rows: readonly SpanRow[]): SpanRow[] {
  const seen = new Set<string>()
  return rows.filter(({ span_id: id }) => {
    if (id === '') return true
    if (seen.has(id)) return false
    seen.add(id)
    return true
  })
}

/** At the same start the longer span first: it may contain the other. The id keeps the order the same every time. */
function byStart(a: Draft, b: Draft): number {
  return (
    a.startNs - b.startNs ||
    b.endNs - a.endNs ||
    (a.row.span_id < b.row.span_id ? -1 : a.row.span_id > b.row.span_id ? 1 : 0)
  )
}

function numberServices(spans: readonly Draft[]): TraceService[] {
  const services = new Map<string, { number: number; of: Draft[] }>()
  for (const span of spans) {
    let service = services.get(span.row.service)
    if (!service) {
      service = { number: services.size, of: [] }
      services.set(span.row.service, service)
    }
    span.service = service.number
    service.of.push(span)
  }
  return [...services].map(([name, { of }]) => ({
    name,
    spans: of.length,
    errors: of.filter((span) => span.row.status === 'error').length,
    selfNs: of.reduce((sum, span) => sum + span.selfNs, 0),
  }))
}

// `Math.min(...values)` overflows the stack with 200,000 values.
function minimum(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((a, b) => Math.min(a, b))
}

function maximum(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0)
}
