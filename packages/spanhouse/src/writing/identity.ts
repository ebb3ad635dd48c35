/**
 * The columns that say which span a row is; the last one tells a table of spans from one of logs. Two services may share a span id, each
 * with a kind of its own (B3).
 */
const IDENTITIES: readonly (readonly [string, string, string, string])[] = [
  ['trace_id', 'span_id', 'span_kind', 'span_name'],
  ['TraceId', 'SpanId', 'SpanKind', 'SpanName'],
]

/** The columns of the identity among these; empty if rows have none but their content. */
export function identityIn(names: { has(name: string): boolean }): readonly string[] {
  return IDENTITIES.find((all) => all.every((name) => names.has(name)))?.slice(0, 3) ?? []
}
