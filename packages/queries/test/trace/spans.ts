import type { SpanRow } from '../../src/index.js'

/** A span for tests. `at` is [start, end] in ms. */
export function span(
  id: string,
  parent: string,
  at: readonly [number, number],
  more: Partial<SpanRow> = {},
): SpanRow {
  const [from, to] = at
  return {
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    span_id: id,
    parent_span_id: parent,
    service: 'shop',
    name: id,
    kind: 'internal',
    start_us: 1_700_000_000_000_000 + from * 1000,
    duration_ns: (to - from) * 1e6,
    status: 'unset',
    status_message: '',
    offset_ns: from * 1e6,
    trace_state: '',
    attributes: {},
    resource: {},
    scope_name: '',
    scope_version: '',
    events: [],
    links: [],
    ...more,
  }
}

export const ms = (value: number): number => value * 1e6
