// What `spanhouse k6` makes of two real runs of k6 (test/kit/fixtures/k6), beside what k6 itself has computed.
import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { readMoment } from '@spanhouse/transform/internal'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type K6Sample,
  recordedFile,
  recordedMetrics,
  recordedOutput,
  recordedPath,
  recordedSamples,
} from '../kit/recorded-k6.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { run } from './command-kit.js'
import { k6Kit, type SampleRow } from './k6-kit.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

const { newRun, rows, samplesOf, thresholdsOf, read } = k6Kit(() => server)

type Row = Pick<SampleRow, 'metric' | 'value' | 'tags' | 'metadata' | 'at'>

function inOrder(all: readonly Row[]): Row[] {
  const key = ({ at, metric, value, tags }: Row) =>
    JSON.stringify([at, metric, value, Object.entries(tags).sort()])
  return all
    .map(({ metric, value, tags, metadata, at }) => ({ metric, value, tags, metadata, at }))
    .sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

function rowOf({ metric, data }: K6Sample): Row {
  const { time, value, tags, metadata = {} } = data
  const [seconds, nanos] = readMoment(time) ?? [0, 0]
  return { metric, value, tags, metadata, at: String(BigInt(seconds) * 10n ** 9n + BigInt(nanos)) }
}

async function readFileOfK6(args: readonly string[] = []) {
  const runId = newRun()
  const file = recordedPath('http/results.json.gz')
  return {
    runId,
    ...(await run(['k6', file, '--endpoint', server.url, '--run-id', runId, ...args])),
  }
}

test('every sample in the file of a real run is a row, and metrics are what k6 says they are', async () => {
  const { runId, code, out, err } = await readFileOfK6()
  const samples = recordedSamples('http')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toContain(`read ${samples.length} samples.\n`)
  expect(inOrder(await samplesOf(runId))).toEqual(inOrder(samples.map(rowOf)))

  const there = await rows<{ metric: string; contains: string; values: Record<string, number> }>(
    `SELECT metric, any(metric_type) AS type, any(contains) AS contains, multiIf(
       type = 'counter', map('count', sum(value)),
       type = 'gauge', map('value', argMax(value, timestamp), 'min', min(value), 'max', max(value)),
       type = 'rate', map('rate', avg(value), 'passes', countIf(value > 0), 'fails', countIf(value = 0)),
       map('count', count(), 'avg', avg(value), 'min', min(value), 'max', max(value),
         'med', quantileExactInclusive(0.5)(value), 'p(90)', quantileExactInclusive(0.9)(value),
         'p(95)', quantileExactInclusive(0.95)(value), 'p(99.9)', quantileExactInclusive(0.999)(value))) AS values
     FROM telemetry.k6_samples WHERE run_id = '${runId}' GROUP BY metric`,
  )
  const said = Object.entries(recordedMetrics()).filter(
    ([name]) => !name.includes('{') && name !== 'refunds', // without a sample
  )
  expect(there).toHaveLength(said.length)
  for (const [metric, { type, contains, values }] of said) {
    const row = there.find((one) => one.metric === metric)
    expect(row).toMatchObject({ type, contains })
    for (const [name, value] of Object.entries(row?.values ?? {}))
      expect(value, `${metric} ${name}`).toBeCloseTo(values[name] ?? Number.NaN, 9)
  }
})

test('without a summary, the thresholds in the samples get the verdicts that k6 gave, and the others are told', async () => {
  const { runId, out } = await readFileOfK6()
  const there = await thresholdsOf(runId)
  const samples = new Set(recordedSamples('http').map(({ metric }) => metric))
  const wanted = Object.entries(recordedMetrics())
    .filter(([metric]) => samples.has(metric))
    .flatMap(([metric, { thresholds = {} }]) =>
      Object.entries(thresholds).map(([source, { ok }]) => `${metric} ${source} ${ok}`),
    )
  expect(wanted.length).toBeGreaterThan(10)
  expect(
    there
      .map(({ metric, threshold, last_failed }) => `${metric} ${threshold} ${!last_failed}`)
      .sort(),
  ).toEqual(wanted.sort())
  expect(new Set(there.map(({ verdict_by }) => verdict_by))).toEqual(new Set(['spanhouse']))
  expect(there.find(({ threshold }) => threshold === 'max<60000')).toMatchObject({
    ...{ abort_on_fail: true, delay_abort_eval: '10s' },
  })
  expect(out).toMatch(
    /The samples do not say which thresholds http_reqs\{scenario:order,status:200\} and 4 more had: for their verdicts, give the summary of k6 \(--summary FILE\)\./,
  )
})

test.each(['summary-export.json', 'handle-summary.json'])(
  'from %s every threshold of the script has the verdict of k6, and what we measured is what it measured',
  async (name) => {
    // A file from the repository is older than its run may be.
    const summary = join(temporaryDirectory(), name)
    copyFileSync(recordedPath(`http/${name}`), summary)
    const { runId, code, out, err } = await readFileOfK6(['--summary', summary])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).not.toContain('do not say')
    const there = await thresholdsOf(runId)
    const wanted = Object.entries(recordedMetrics()).flatMap(
      ([metric, { values, thresholds = {} }]) =>
        Object.entries(thresholds).map(([source, { ok }]) => {
          const [figure = ''] = /^[^<>=]+/.exec(source) ?? []
          return { metric, source, ok, figure, value: values[figure] ?? Number.NaN }
        }),
    )
    expect(there).toHaveLength(wanted.length)
    for (const { metric, source, ok, figure, value } of wanted) {
      const row = there.find((one) => one.metric === metric && one.threshold === source)
      expect(row, `${metric} ${source}`).toMatchObject({ last_failed: !ok, verdict_by: 'k6' })
      // k6 divides by the duration of the test, and a metric without samples has no line in the stream.
      if (metric === 'refunds' || (metric === 'orders' && figure === 'rate')) continue
      expect(row?.observed, `${metric} ${source}`).toBeCloseTo(value, 9)
    }
    const tagsOf = (metric: string) => there.find((one) => one.metric === metric)?.tags
    expect(tagsOf('http_reqs{scenario:order,status:200}')).toEqual({
      scenario: 'order',
      status: '200',
    })
    expect(tagsOf('waited{place:Zürich}')).toEqual({ place: 'Zürich' })
    expect(tagsOf('orders{colour:"dark" red}')).toEqual({ colour: 'dark" red' })
  },
)

test('the whole output of k6 without --quiet is read to the last sample, also the one that its progress cuts in two', async () => {
  const output = recordedOutput()
  const samples = recordedSamples('grpc')
  const { runId, code, out } = await read(output)
  expect(code).toBe(0)
  const texts = output.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('{"'))
  expect(out).toContain(
    `read ${samples.length} samples, left out ${texts.length - 1} lines (${texts.length - 1} no JSON).`,
  )
  expect(inOrder(await samplesOf(runId))).toEqual(inOrder(samples.map(rowOf)))
  // All that is no sample is shown, and nothing else.
  expect(out.slice(0, out.indexOf('\nk6 run '))).toBe(shown(output))
})

function shown(output: string): string {
  const whole = output.replace(/\n(running .*\nbrowse .*\norder .*\n)([^{\n].*\}\n)/, '$2$1')
  return whole
    .split('\n')
    .filter((line) => !line.startsWith('{"'))
    .join('\n')
}

test('a summary of another run is not taken for that of this one', async () => {
  const summary = join(temporaryDirectory(), 'summary.json')
  writeFileSync(summary, recordedFile('http/summary-export.json'))
  const later = recordedOutput().replaceAll(/"time":"20\d\d/g, '"time":"2099')
  const { err } = await read(later, ['--summary', summary])
  expect(err).toContain('summary.json is older than this run')
})
