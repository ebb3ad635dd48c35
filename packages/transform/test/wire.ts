import { fromBinary, toJson } from '@bufbuild/protobuf'
import { expect } from 'vitest'
import { otlpSchema } from '../../../test/kit/otlp-schema.js'
import {
  flatLogs,
  flatMetrics,
  flatTraces,
  type LogRecordLike,
  logsFromOtlpJson,
  logsFromOtlpProtobuf,
  logsInOtlpProtobuf,
  type MetricPointLike,
  metricsFromOtlpJson,
  metricsFromOtlpProtobuf,
  metricsInOtlpProtobuf,
  newTally,
  otelLogs,
  otelLogsJson,
  otelTraces,
  otelTracesJson,
  type SpanLike,
  spansFromOtlpJson,
  spansFromOtlpProtobuf,
  spansInOtlpProtobuf,
  type Table,
  type WireOptions,
} from '../src/index.js'
import { otelMetricsJsonTables, otelMetricsTables } from '../src/internal.js'

type OtlpRecord = SpanLike | LogRecordLike | MetricPointLike

export interface Signal {
  readonly name: string
  readonly request: string
  readonly fromJson: (json: unknown) => OtlpRecord[]
  readonly fromProtobuf: (bytes: Uint8Array, options?: WireOptions) => OtlpRecord[]
  readonly inProtobuf: (bytes: Uint8Array, options?: WireOptions) => Iterable<OtlpRecord[]>
  /** All built-in tables of the signal. */
  readonly tables: readonly Table<OtlpRecord>[]
}

export const signals: readonly Signal[] = [
  {
    name: 'spans',
    request: 'ExportTraceServiceRequest',
    fromJson: spansFromOtlpJson,
    fromProtobuf: spansFromOtlpProtobuf,
    inProtobuf: spansInOtlpProtobuf,
    tables: [flatTraces, otelTraces, otelTracesJson] as unknown as Table<OtlpRecord>[],
  },
  {
    name: 'logs',
    request: 'ExportLogsServiceRequest',
    fromJson: logsFromOtlpJson,
    fromProtobuf: logsFromOtlpProtobuf,
    inProtobuf: logsInOtlpProtobuf,
    tables: [flatLogs, otelLogs, otelLogsJson] as unknown as Table<OtlpRecord>[],
  },
  {
    name: 'metrics',
    request: 'ExportMetricsServiceRequest',
    fromJson: metricsFromOtlpJson,
    fromProtobuf: metricsFromOtlpProtobuf,
    inProtobuf: metricsInOtlpProtobuf,
    tables: [
      flatMetrics,
      ...Object.values(otelMetricsTables),
      ...Object.values(otelMetricsJsonTables),
    ] as unknown as Table<OtlpRecord>[],
  },
]

/** What the reference decoder reads, as OTLP/JSON: with ids in hex, and every field that has a default. */
export function referenceJson(request: string, bytes: Uint8Array): unknown {
  const schema = otlpSchema(request)
  return withHexIds(toJson(schema, fromBinary(schema, bytes), { alwaysEmitImplicit: true }))
}

const IDS = ['traceId', 'spanId', 'parentSpanId']

function withHexIds(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withHexIds)
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [
      key,
      IDS.includes(key) ? Buffer.from(String(value), 'base64').toString('hex') : withHexIds(value),
    ]),
  )
}

/** Expects that both readers give the same records, in one list and in slices, and the same rows in every table. */
export function expectSameAsJson(signal: Signal, bytes: Uint8Array, json: unknown): void {
  const expected = signal.fromJson(json)
  const records = signal.fromProtobuf(bytes)
  expect(records.map(plain)).toEqual(expected.map(plain))
  expect([...signal.inProtobuf(bytes)].flat().map(plain)).toEqual(expected.map(plain))
  for (const table of signal.tables) {
    const [ours, theirs] = [newTally(), newTally()]
    expect(records.map((one) => table.toLine(one, ours))).toEqual(
      expected.map((one) => table.toLine(one, theirs)),
    )
    expect(ours).toEqual(theirs)
  }
}

/** A record as data only. The order of attributes, which is lost here, shows in the rows. */
function plain(value: unknown): unknown {
  if (typeof value === 'function') return plain(value())
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, inside]) => [key, plain(inside)] as const)
  return new Map(entries.filter(([, inside]) => inside !== undefined))
}
