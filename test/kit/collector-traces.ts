/**
 * The tables of spans of the Collector (an early one, T1 up to today's releases, T2 after them, the second with the indexes of servers before
 * 26.2) and of ClickStack, as reference §b gives them.
 */
export const TRACE_GENERATIONS = ['early', 'T1', 'T2', 'T2 before 26.2', 'ClickStack'] as const
export type TraceGeneration = (typeof TRACE_GENERATIONS)[number]

const Z = 'CODEC(ZSTD(1))'
const LABEL = 'LowCardinality(String)'
const MAP = 'Map(LowCardinality(String), String)'
const MAPS = [
  ['res', 'ResourceAttributes'],
  ['span', 'SpanAttributes'],
] as const

/** What the Collector or ClickStack runs to create the table, and the table of times with its view. */
export function collectorTracesDdl(generation: TraceGeneration, table: string): string[] {
  return [tracesDdl(generation, table), ...timesDdl(generation.startsWith('T2'), table)]
}

function tracesDdl(generation: TraceGeneration, table: string): string {
  const isEarly = generation === 'early'
  const isClickStack = generation === 'ClickStack'
  const isSecond = generation.startsWith('T2')
  const hasText = generation === 'T2' || isClickStack
  const columns = [
    `Timestamp DateTime64(9) CODEC(${isSecond ? 'Delta(8)' : 'Delta'}, ZSTD(1))`,
    ...['TraceId', 'SpanId', 'ParentSpanId', 'TraceState'].map((id) => `${id} String ${Z}`),
    ...['SpanName', 'SpanKind', 'ServiceName'].map((name) => `${name} ${LABEL} ${Z}`),
    `ResourceAttributes ${MAP} ${Z}`,
    ...(isEarly ? [] : [`ScopeName String ${Z}`, `ScopeVersion String ${Z}`]),
    `SpanAttributes ${MAP} ${Z}`,
    `Duration ${isEarly ? 'Int64' : 'UInt64'} CODEC(${isSecond ? 'T64, ' : ''}ZSTD(1))`,
    `StatusCode ${LABEL} ${Z}`,
    `StatusMessage String ${Z}`,
    ...lists(isClickStack),
    ...(isSecond || isClickStack ? MAPS.map(([, map]) => itemsOf(map)) : []),
    ...(isClickStack
      ? [
          `\`__hdx_materialized_rum.sessionId\` String MATERIALIZED ResourceAttributes['rum.sessionId'] ${Z}`,
          `SampleRate UInt64 MATERIALIZED greatest(toUInt64OrZero(SpanAttributes['SampleRate']), 1) CODEC(T64, ZSTD(1))`,
        ]
      : []),
  ]
  const array = (on: string) =>
    hasText ? `${on} TYPE text(tokenizer = 'array')` : `${on} TYPE bloom_filter(0.01) GRANULARITY 1`
  const indexes = [
    `idx_trace_id ${hasText ? array('TraceId') : 'TraceId TYPE bloom_filter(0.001) GRANULARITY 1'}`,
    ...MAPS.map(([short, map]) => `idx_${short}_attr_key ${array(`mapKeys(${map})`)}`),
    ...MAPS.map(([short, map]) =>
      hasText
        ? `idx_${short}_attr_items ${array(map.replace('Attributes', 'AttributeItems'))}`
        : `idx_${short}_attr_value ${array(`mapValues(${map})`)}`,
    ),
    'idx_duration Duration TYPE minmax GRANULARITY 1',
    ...(isSecond
      ? ['idx_lower_span_name lower(SpanName) TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 8']
      : []),
  ]
  const first = '(ServiceName, SpanName, toDateTime(Timestamp))'
  const keys = isSecond
    ? `PRIMARY KEY ${first} ORDER BY (ServiceName, SpanName, toDateTime(Timestamp), Timestamp)`
    : `ORDER BY ${first}`
  return `CREATE TABLE ${table} (${[...columns, ...indexes.map((index) => `INDEX ${index}`)].join(', ')})
    ENGINE = MergeTree PARTITION BY toDate(Timestamp) ${keys}
    SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1`
}

/** Nested in the Collector's statements, and lists in ClickStack's. */
function lists(isClickStack: boolean): string[] {
  const events = [
    ['Timestamp', 'DateTime64(9)'],
    ['Name', LABEL],
    ['Attributes', MAP],
  ] as const
  const ids = ['TraceId', 'SpanId', 'TraceState'].map((id) => [id, 'String'] as const)
  const links = [...ids, ['Attributes', MAP] as const]
  return Object.entries({ Events: events, Links: links }).flatMap(([name, parts]) =>
    isClickStack
      ? parts.map(([part, type]) => `\`${name}.${part}\` Array(${type}) ${Z}`)
      : [`${name} Nested (${parts.map((part) => part.join(' ')).join(', ')}) ${Z}`],
  )
}

function itemsOf(map: string): string {
  return `${map.replace('Attributes', 'AttributeItems')} Array(String) ALIAS arrayMap(kv -> concat(kv.1, '=', kv.2), CAST(${map}, 'Array(Tuple(String, String))'))`
}

function timesDdl(isSecond: boolean, table: string): string[] {
  const time = (of: string) =>
    isSecond
      ? `SimpleAggregateFunction(${of}, DateTime) CODEC(Delta, ZSTD(1))`
      : 'DateTime CODEC(Delta, ZSTD(1))'
  const engine = isSecond
    ? 'AggregatingMergeTree PARTITION BY toStartOfWeek(Start) ORDER BY TraceId'
    : 'MergeTree PARTITION BY toDate(Start) ORDER BY (TraceId, Start)'
  return [
    `CREATE TABLE ${table}_trace_id_ts (TraceId String ${Z}, Start ${time('min')}, End ${time('max')},
      INDEX idx_trace_id TraceId TYPE bloom_filter(0.01) GRANULARITY 1)
      ENGINE = ${engine} SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1`,
    `CREATE MATERIALIZED VIEW ${table}_trace_id_ts_mv TO ${table}_trace_id_ts AS
      SELECT TraceId, min(Timestamp) AS Start, max(Timestamp) AS End FROM ${table} WHERE TraceId != '' GROUP BY TraceId`,
  ]
}
