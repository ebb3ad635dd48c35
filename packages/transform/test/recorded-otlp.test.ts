import { expect, test } from 'vitest'
import { logTruth, pointTruth, spanTruth } from '../../../test/kit/otlp-truth.js'
import {
  messageOf,
  type RecordedRequest,
  type RecordedSignal,
  type Recording,
  recordings,
} from '../../../test/kit/recorded-otlp.js'
import {
  logsFromOtlpJson,
  logsFromOtlpProtobuf,
  metricsFromOtlpJson,
  metricsFromOtlpProtobuf,
  spansFromOtlpJson,
  spansFromOtlpProtobuf,
} from '../src/index.js'

type Read = (message: Buffer) => object[]
const json = (message: Buffer): unknown => JSON.parse(message.toString())

const READERS: Record<RecordedSignal, { protobuf: Read; json: Read }> = {
  traces: {
    protobuf: (message) => spansFromOtlpProtobuf(message).map(spanTruth),
    json: (message) => spansFromOtlpJson(json(message)).map(spanTruth),
  },
  metrics: {
    protobuf: (message) => metricsFromOtlpProtobuf(message).map(pointTruth),
    json: (message) => metricsFromOtlpJson(json(message)).map(pointTruth),
  },
  logs: {
    protobuf: (message) => logsFromOtlpProtobuf(message).map(logTruth),
    json: (message) => logsFromOtlpJson(json(message)).map(logTruth),
  },
}

const TRUTHS = { traces: 'spans', metrics: 'points', logs: 'logs' } as const
const TIMES = ['start', 'end', 'time', 'observed']

for (const recording of recordings()) {
  const whatOf = ({ signal, form }: RecordedRequest) => `${signal} as ${form}`
  for (const what of new Set(recording.requests.map(whatOf)))
    test(`reads what the SDK of ${recording.language} sent: ${what}`, () => {
      expectTruth(
        recording,
        recording.requests.filter((request) => whatOf(request) === what),
      )
    })
}

function expectTruth({ truth }: Recording, requests: readonly RecordedRequest[]): void {
  const [{ signal, form }] = requests as [RecordedRequest]
  const read = READERS[signal][form.startsWith('http/json') ? 'json' : 'protobuf']
  const given = requests.flatMap((request) => read(messageOf(request)))
  const expected = (truth[TRUTHS[signal]] ?? []) as object[]
  expect(expected.length).toBeGreaterThan(0)
  expect(inOrder(given).map((record, i) => withoutUntold(record, i))).toEqual(inOrder(expected))

  /** Without the times that the SDK did not tell. They must lie within the recording. */
  function withoutUntold(record: object, i: number): object {
    const told = inOrder(expected)[i] ?? {}
    return Object.fromEntries(
      Object.entries(record).filter(([field, value]) => {
        const untold = TIMES.includes(field) && !(field in told)
        if (untold) expectBetween(value, truth.between)
        return !untold
      }),
    )
  }
}

function expectBetween(nanos: string, between: readonly [string, string] = ['0', '0']): void {
  expect(BigInt(nanos)).toBeGreaterThanOrEqual(BigInt(between[0]))
  expect(BigInt(nanos)).toBeLessThanOrEqual(BigInt(between[1]))
}

/** Exporters order their requests by resource and scope. What tells the records apart does not depend on times. */
function inOrder<T extends object>(records: readonly T[]): T[] {
  const key = ({ spanId, name, attributes, body }: Record<string, unknown>) =>
    JSON.stringify([name, spanId, body, Object.entries(attributes ?? {}).sort()])
  return records
    .map((record) => ({ record, key: key(record as Record<string, unknown>) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ record }) => record)
}
