import { defineTable, extendTable, type Table } from '@spanhouse/transform'
import { exactFloat } from '@spanhouse/transform/internal'
import type { Sample, Threshold } from './record.js'

const label = { type: 'LowCardinality(String)', codec: 'ZSTD(1)' }
const time = { type: "DateTime64(9, 'UTC')", codec: 'Delta(8), ZSTD(1)' }
const texts = { type: 'Map(LowCardinality(String), String)', codec: 'ZSTD(1)' }
const run = { name: 'run_id', ...label, resource: 'run_id' } as const

// toDateTime() of a time after 2106 wraps round to the past, and the row would be deleted at once.
const AGE = "toDateTime(least(timestamp, toDateTime64('2100-01-01 00:00:00', 9, 'UTC')))"

/** One row for each measurement: `telemetry.k6_samples`. */
export const k6Samples: Table<Sample> = defineTable<Sample>({
  name: 'k6_samples',
  database: 'telemetry',
  comment: 'spanhouse: k6 samples, version 1',
  columns: [
    { name: 'timestamp', ...time, value: (sample) => sample.time },
    run,
    { name: 'metric', ...label, value: ({ metric }) => metric.name },
    { name: 'metric_type', ...label, value: ({ metric }) => metric.type },
    { name: 'contains', ...label, value: ({ metric }) => metric.contains },
    // k6 measures NaN and infinities where a script adds them.
    {
      name: 'value',
      type: 'Float64',
      codec: 'ZSTD(1)',
      kind: exactFloat,
      value: ({ value }) => value,
    },
    { name: 'tags', ...texts, value: ({ tags }) => tags },
    { name: 'metadata', ...texts, value: ({ metadata }) => metadata },
  ],
  indexes: [
    'idx_timestamp timestamp TYPE minmax GRANULARITY 1',
    'idx_tag_value mapValues(tags) TYPE bloom_filter(0.01) GRANULARITY 1',
  ],
  partitionBy: 'toDate(timestamp)',
  // Queries name a run and a metric; within them, rows come in the order of time.
  orderBy: '(run_id, metric, timestamp)',
  ttl: AGE,
})

/** One row for each threshold of a run, written at its end: `telemetry.k6_thresholds`. */
export const k6Thresholds: Table<Threshold> = defineTable<Threshold>({
  name: 'k6_thresholds',
  database: 'telemetry',
  comment: 'spanhouse: k6 thresholds, version 1',
  columns: [
    { name: 'timestamp', ...time, value: ({ time }) => time },
    run,
    // Counted within the run, in the order in which k6 names them.
    { name: 'id', type: 'UInt32', codec: 'ZSTD(1)', value: ({ id }) => id },
    // With the tags of a submetric: `http_req_duration{status:200}`.
    { name: 'metric', ...label, value: ({ metric }) => metric },
    { name: 'tags', ...texts, value: ({ tags }) => tags },
    { name: 'threshold', ...label, value: ({ source }) => source },
    { name: 'abort_on_fail', type: 'Bool', codec: 'ZSTD(1)', value: (one) => one.abortOnFail },
    { name: 'delay_abort_eval', ...label, value: ({ delayAbortEval }) => delayAbortEval },
    {
      name: 'last_failed',
      type: 'Bool',
      codec: 'ZSTD(1)',
      value: ({ verdict }) => verdict === 'failed',
    },
    // passed, failed or unknown.
    { name: 'verdict', ...label, value: ({ verdict }) => verdict },
    // k6: read from its summary; spanhouse: computed from the samples; empty if unknown.
    { name: 'verdict_by', ...label, value: ({ verdictBy }) => verdictBy },
    // What the threshold is about, such as the p(95) at the end of the run, computed from the samples.
    {
      name: 'observed',
      type: 'Nullable(Float64)',
      codec: 'ZSTD(1)',
      kind: { ...exactFloat, empty: 'null' },
      value: ({ observed }) => observed,
    },
  ],
  partitionBy: 'toYYYYMM(timestamp)',
  orderBy: '(run_id, id)',
  ttl: AGE,
})

export const DEFAULT_PREFIX = 'k6'

/** The tables, under the names that begin with `prefix`. */
export function k6Tables(prefix: string = DEFAULT_PREFIX): readonly Table<never>[] {
  return [
    extendTable(k6Samples, { name: `${prefix}_samples` }),
    extendTable(k6Thresholds, { name: `${prefix}_thresholds` }),
  ]
}
