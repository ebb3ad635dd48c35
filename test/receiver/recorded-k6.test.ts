import { expect, test } from 'vitest'
import {
  type K6Sample,
  recordedMetrics,
  recordedRequests,
  recordedSamples,
} from '../kit/recorded-k6.js'
import { newDatabase, realServer, receiverTo } from './kit.js'
import { sendRecorded } from './send-recorded.js'

// What the OpenTelemetry output of k6 1.3.0 really sent (test/kit/fixtures/k6), beside the samples of the same run.

const server = realServer()

interface Point {
  readonly name: string
  readonly type: string
  readonly attributes: Readonly<Record<string, string>>
  readonly value: number
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly in_buckets: number
}

test.each(['http', 'grpc'] as const)(
  'over %s, points are sums of the samples of k6',
  async (form) => {
    const database = newDatabase()
    const receiver = await receiverTo({ endpoint: server.at.url, database })
    for (const request of recordedRequests(form)) await sendRecorded(request, receiver)
    const lines = await server.at.query(
      `SELECT metric_name AS name, metric_type AS type, attributes, value, toUInt32(count) AS count, sum, min, max,
       toUInt32(arraySum(bucket_counts)) AS in_buckets
     FROM ${database}.metrics WHERE service_name = 'load-test' FORMAT JSONEachRow`,
    )
    const there = lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line): Point => JSON.parse(line))

    const wanted = pointsOf(recordedSamples(form))
    expect(there.map(keyOf).sort()).toEqual(wanted.map(keyOf).sort())
    for (const { type, ...point } of wanted) {
      const row = there.find((one) => keyOf(one) === keyOf(point))
      expect(row?.type, keyOf(point)).toBe(type)
      if (type === 'histogram') expect(row?.in_buckets).toBe(point.count)
      for (const what of type === 'histogram' ? HISTOGRAM : (['value'] as const))
        expect(row?.[what], `${keyOf(point)} ${what}`).toBeCloseTo(point[what], 9)
    }
  },
)

const HISTOGRAM = ['count', 'sum', 'min', 'max'] as const

type Wanted = Omit<Point, 'in_buckets'>

/** What k6 1.3.0 makes of its samples: one point for each metric and set of tags, two for a rate. */
function pointsOf(samples: readonly K6Sample[]): Wanted[] {
  const metrics = recordedMetrics()
  const groups = new Map<string, K6Sample[]>()
  // k6 measures the data of the teardown after its last flush, and never sends that.
  for (const sample of samples.filter(({ data }) => data.tags['group'] !== '::teardown')) {
    const key = keyOf({ name: sample.metric, attributes: attributesOf(sample) })
    groups.set(key, [...(groups.get(key) ?? []), sample])
  }
  return [...groups.values()].flatMap((group): Wanted[] => {
    const [first] = group
    if (first === undefined) return []
    const values = group.map(({ data }) => data.value)
    const sum = values.reduce((a, b) => a + b, 0)
    const [min, max, count] = [Math.min(...values), Math.max(...values), values.length]
    const rest = { attributes: attributesOf(first), count, sum, min, max }
    const point = (name: string, type: string, value: number) => ({ name, type, value, ...rest })
    switch (metrics[first.metric]?.type) {
      case 'counter':
        return [point(first.metric, 'sum', sum)]
      case 'gauge':
        return [point(first.metric, 'gauge', values.at(-1) ?? Number.NaN)]
      case 'rate':
        return [
          point(`${first.metric}.total`, 'sum', count),
          // Absent where nothing was true.
          ...(sum > 0 ? [point(`${first.metric}.occurred`, 'sum', sum)] : []),
        ]
      default:
        return [point(first.metric, 'histogram', Number.NaN)]
    }
  })
}

/** k6 leaves out tags without a value; metadata is not sent. */
function attributesOf({ data }: K6Sample): Record<string, string> {
  return Object.fromEntries(Object.entries(data.tags).filter(([, value]) => value !== ''))
}

function keyOf({ name, attributes }: Pick<Point, 'name' | 'attributes'>): string {
  return `${name} ${JSON.stringify(Object.entries(attributes).sort())}`
}
