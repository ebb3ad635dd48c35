import type { Search, SpanBrief, TraceRow } from '../../../packages/queries/src/index.js'
import type { ModelSpan } from '../kit/model.js'
import { byBytes, errorsIn, grouped, type Key, least, most, ordered } from './lists.js'
import { isRoot, matches } from './matches.js'

export function traces(
  spans: readonly ModelSpan[],
  search: Search,
  { limit, sort }: { limit: number; sort: 'newest' | 'slowest' | 'errors' },
): TraceRow[] {
  const found = grouped(
    spans.filter((span) => matches(span, search)),
    ({ traceId }) => traceId,
  )
  const start = (group: readonly ModelSpan[]) => least(group.map(({ startUs }) => startUs))
  const ranks: Record<typeof sort, Key<ModelSpan[]>[]> = {
    newest: [start],
    slowest: [(group) => most(group.map(({ durationNs }) => durationNs))],
    errors: [errorsIn, start],
  }
  const id: Key<ModelSpan[]> = (group) => group[0]?.traceId ?? ''
  const chosen = new Set(
    ordered(found, ...ranks[sort], id)
      .slice(0, limit)
      .map(id),
  )
  const rows = grouped(
    spans.filter(({ traceId }) => chosen.has(traceId)),
    ({ traceId }) => traceId,
  ).map(traceRow)
  const orders: Record<typeof sort, Key<TraceRow>[]> = {
    newest: [({ start_us }) => start_us],
    slowest: [({ duration_ns }) => duration_ns],
    errors: [({ errors }) => errors, ({ start_us }) => start_us],
  }
  return ordered(rows, ...orders[sort], ({ trace_id }) => trace_id)
}

function traceRow(spans: readonly ModelSpan[]): TraceRow {
  const first = (some: readonly ModelSpan[]) =>
    ordered(
      some,
      ({ startUs: at }) => -at,
      ({ spanId }) => spanId,
    )[0] as ModelSpan
  const roots = spans.filter(isRoot)
  const root = first(roots.length > 0 ? roots : spans)
  const startUs = least(spans.map((span) => span.startUs))
  return {
    trace_id: root.traceId,
    start_us: startUs,
    duration_ns: most(spans.map((span) => (span.startUs - startUs) * 1000 + span.durationNs)),
    root_service: root.service,
    root_name: root.name,
    has_root: roots.length > 0,
    spans: spans.length,
    errors: errorsIn(spans),
    services: [...new Set(spans.map(({ service }) => service))].sort(byBytes),
  }
}

export function brief(span: ModelSpan): SpanBrief {
  return {
    trace_id: span.traceId,
    span_id: span.spanId,
    parent_span_id: span.parentSpanId,
    service: span.service,
    name: span.name,
    kind: span.kind,
    start_us: span.startUs,
    duration_ns: span.durationNs,
    status: span.status,
    status_message: span.message,
  }
}

export function spans(all: readonly ModelSpan[], search: Search, limit: number): SpanBrief[] {
  const found = all.filter((span) => matches(span, search)).map(brief)
  return ordered(
    found,
    ({ start_us }) => start_us,
    ({ trace_id }) => trace_id,
    ({ span_id }) => span_id,
  ).slice(0, limit)
}
