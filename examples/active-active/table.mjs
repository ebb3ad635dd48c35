import { defineTable } from '@spanhouse/transform'

const text = { type: 'String', codec: 'ZSTD(1)' }
const label = { type: 'LowCardinality(String)', codec: 'ZSTD(1)' }

/** Spans that set a key to a value, in both regions: `telemetry.kv`. */
export const kv = defineTable({
  name: 'kv',
  database: 'telemetry',
  columns: [
    { name: 'trace_id', ...text, value: (span) => span.spanContext().traceId },
    { name: 'span_id', ...text, value: (span) => span.spanContext().spanId },
    { name: 'span_kind', ...label, value: () => 'INTERNAL' },
    { name: 'span_name', ...label, value: (span) => span.name },
    { name: 'timestamp', type: "DateTime64(9, 'UTC')", value: (span) => span.startTime },
    { name: 'k', type: 'UInt64', value: (span) => span.attributes.k },
    { name: 'v', ...text, value: (span) => span.attributes.v },
    // Where the row was made.
    { name: '_source', ...label, value: (span) => span.resource.attributes['cloud.region'] },
    // Which of two rows with the same ids is newer: a second in the future, for clocks that differ.
    {
      name: '_timestamp',
      type: "DateTime64(9, 'UTC')",
      value: ({ endTime: [s, ns] }) => [s + 1, ns],
    },
  ],
  partitionBy: 'toDate(timestamp)',
  orderBy: '(k, timestamp)',
})
