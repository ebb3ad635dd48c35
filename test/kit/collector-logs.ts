/** The tables of logs of the Collector (L1 up to v0.150, L2 after it, the second with the indexes of servers before 26.2) and of ClickStack, as reference §1 gives them. */
export const LOG_GENERATIONS = [
  'L1',
  'L2',
  'L2 before 26.2',
  'ClickStack',
  'ClickStack before 26.2',
] as const
export type LogGeneration = (typeof LOG_GENERATIONS)[number]
/** The first of all, from before scopes, schema URLs and names of events. */
export const EARLY_LOGS = 'L0'

const Z = 'CODEC(ZSTD(1))'
const LABEL = `LowCardinality(String)`
const MAP = 'Map(LowCardinality(String), String)'
const MAPS = [
  ['res', 'ResourceAttributes'],
  ['scope', 'ScopeAttributes'],
  ['log', 'LogAttributes'],
] as const
const MATERIALIZED = [
  'k8s.cluster.name',
  'k8s.container.name',
  'k8s.deployment.name',
  'k8s.namespace.name',
  'k8s.node.name',
  'k8s.pod.name',
  'k8s.pod.uid',
  'deployment.environment.name',
]

/** The CREATE TABLE of the Collector or of ClickStack. */
export function collectorLogsDdl(
  generation: LogGeneration | typeof EARLY_LOGS,
  table: string,
): string {
  if (generation === EARLY_LOGS) return earlyDdl(table)
  const isFirst = generation === 'L1'
  const isClickStack = generation.startsWith('ClickStack')
  const hasText = !isFirst && !generation.endsWith('26.2')
  const prefix = isClickStack ? '__hdx_materialized_' : '__otel_materialized_'
  const columns = [
    'Timestamp DateTime64(9) CODEC(Delta(8), ZSTD(1))',
    ...(isFirst ? ['TimestampTime DateTime DEFAULT toDateTime(Timestamp)'] : []),
    `TraceId String ${Z}`,
    `SpanId String ${Z}`,
    'TraceFlags UInt8',
    `SeverityText ${LABEL} ${Z}`,
    'SeverityNumber UInt8',
    `ServiceName ${LABEL} ${Z}`,
    `Body String ${Z}`,
    `ResourceSchemaUrl ${LABEL} ${Z}`,
    `ResourceAttributes ${MAP} ${Z}`,
    `ScopeSchemaUrl ${LABEL} ${Z}`,
    `ScopeName String ${Z}`,
    `ScopeVersion ${LABEL} ${Z}`,
    `ScopeAttributes ${MAP} ${Z}`,
    `LogAttributes ${MAP} ${Z}`,
    `EventName String ${Z}`,
    ...(isFirst
      ? []
      : MATERIALIZED.map(
          (key) => `\`${prefix}${key}\` ${LABEL} MATERIALIZED ResourceAttributes['${key}'] ${Z}`,
        )),
    ...(generation === 'ClickStack'
      ? MAPS.map(
          ([, map]) =>
            `${itemsOf(map)} Array(String) ALIAS arrayMap(x -> concat(x.1, '=', x.2), CAST(${map}, 'Array(Tuple(String, String))'))`,
        )
      : []),
  ]
  const texts = (on: string) => `${on} TYPE text(tokenizer = 'array')`
  const bloom = (on: string) => `${on} TYPE bloom_filter(0.01) GRANULARITY 1`
  const array = hasText ? texts : bloom
  const indexes = [
    `idx_trace_id ${hasText ? texts('TraceId') : 'TraceId TYPE bloom_filter(0.001) GRANULARITY 1'}`,
    ...MAPS.map(([short, map]) => `idx_${short}_attr_key ${array(`mapKeys(${map})`)}`),
    ...MAPS.map(([short, map]) =>
      generation === 'ClickStack'
        ? `idx_${short}_attr_items ${texts(itemsOf(map))}`
        : `idx_${short}_attr_value ${array(`mapValues(${map})`)}`,
    ),
    isFirst
      ? 'idx_body Body TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 8'
      : `idx_lower_body lower(Body) TYPE ${hasText ? "text(tokenizer = 'splitByNonAlpha')" : 'tokenbf_v1(32768, 3, 0) GRANULARITY 8'}`,
  ]
  const keys = isFirst
    ? 'PARTITION BY toDate(TimestampTime) PRIMARY KEY (ServiceName, TimestampTime) ORDER BY (ServiceName, TimestampTime, Timestamp)'
    : 'PARTITION BY toDate(Timestamp) ORDER BY (toStartOfFiveMinutes(Timestamp), ServiceName, Timestamp)'
  const settings = isClickStack
    ? ', enable_block_number_column = 1, enable_block_offset_column = 1'
    : ''
  return `CREATE TABLE ${table} (${[...columns, ...indexes.map((index) => `INDEX ${index}`)].join(', ')})
    ENGINE = MergeTree ${keys}
    SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1${settings}`
}

function earlyDdl(table: string): string {
  return `CREATE TABLE ${table} (
    Timestamp DateTime64(9) CODEC(Delta, ZSTD(1)), TraceId String ${Z}, SpanId String ${Z}, TraceFlags UInt32 ${Z},
    SeverityText ${LABEL} ${Z}, SeverityNumber Int32 ${Z}, ServiceName ${LABEL} ${Z}, Body String ${Z},
    ResourceAttributes ${MAP} ${Z}, LogAttributes ${MAP} ${Z},
    INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1
  ) ENGINE = MergeTree PARTITION BY toDate(Timestamp) ORDER BY (ServiceName, SeverityText, toUnixTimestamp(Timestamp), TraceId)
    SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1`
}

function itemsOf(map: string): string {
  return map.replace('Attributes', 'AttributeItems')
}
