import type { MetricType } from '@spanhouse/transform'

/** Generations of the Collector's tables of metrics, as reference §2 gives them: its first, today's, and ClickStack's. */
export const GENERATIONS = ['M1', 'M2', 'ClickStack'] as const
export type Generation = (typeof GENERATIONS)[number]

const Z = 'CODEC(ZSTD(1))'
const MAP = 'Map(LowCardinality(String), String)'

/** The CREATE TABLE of the Collector for the points of a type. */
export function collectorDdl(generation: Generation, type: MetricType, table: string): string {
  const time = generation === 'M1' ? 'DateTime64(9)' : 'DateTime'
  const name = generation === 'M1' ? 'String' : 'LowCardinality(String)'
  const exemplars =
    generation === 'ClickStack'
      ? `"Exemplars.FilteredAttributes" Array(${MAP}) ${Z}, "Exemplars.TimeUnix" Array(${time}) ${Z}, "Exemplars.Value" Array(Float64) ${Z}, "Exemplars.SpanId" Array(String) ${Z}, "Exemplars.TraceId" Array(String) ${Z}`
      : `Exemplars Nested (FilteredAttributes ${MAP}, TimeUnix ${time}, Value Float64, SpanId String, TraceId String) ${Z}`
  const count = `Count UInt64 CODEC(${generation === 'ClickStack' ? 'Delta(8)' : 'Delta'}, ZSTD(1)), Sum Float64 ${Z}`
  const minAndMax = `Flags UInt32 ${Z}, Min Float64 ${Z}, Max Float64 ${Z}, AggregationTemporality Int32 ${Z}`
  const own: Record<MetricType, string> = {
    gauge: `Value Float64 ${Z}, Flags UInt32 ${Z}, ${exemplars}`,
    sum: `Value Float64 ${Z}, Flags UInt32 ${Z}, ${exemplars}, AggregationTemporality Int32 ${Z}, IsMonotonic Bool CODEC(Delta, ZSTD(1))`,
    histogram: `${count}, BucketCounts Array(UInt64) ${Z}, ExplicitBounds Array(Float64) ${Z}, ${exemplars}, ${minAndMax}`,
    exponential_histogram: `${count}, Scale Int32 ${Z}, ZeroCount UInt64 ${Z}, PositiveOffset Int32 ${Z}, PositiveBucketCounts Array(UInt64) ${Z}, NegativeOffset Int32 ${Z}, NegativeBucketCounts Array(UInt64) ${Z}, ${exemplars}, ${minAndMax}`,
    summary: `${count}, ValueAtQuantiles Nested (Quantile Float64, Value Float64) ${Z}, Flags UInt32 ${Z}`,
  }
  const order =
    generation === 'M1'
      ? '(ServiceName, MetricName, Attributes, toUnixTimestamp64Nano(TimeUnix))'
      : '(ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)'
  return `CREATE TABLE ${table} (
    ResourceAttributes ${MAP} ${Z}, ResourceSchemaUrl String ${Z},
    ScopeName String ${Z}, ScopeVersion String ${Z}, ScopeAttributes ${MAP} ${Z}, ScopeDroppedAttrCount UInt32 ${Z}, ScopeSchemaUrl String ${Z},
    ServiceName LowCardinality(String) ${Z},
    MetricName ${name} ${Z}, MetricDescription String ${Z}, MetricUnit String ${Z},
    Attributes ${MAP} ${Z},
    StartTimeUnix ${time} CODEC(Delta, ZSTD(1)), TimeUnix ${time} CODEC(Delta, ZSTD(1)),
    ${own[type]},
    INDEX idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1
  ) ENGINE = MergeTree
  PARTITION BY toDate(TimeUnix)
  ORDER BY ${order}
  SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1`
}
