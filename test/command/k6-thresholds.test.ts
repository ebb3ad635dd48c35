// Which verdicts the thresholds of a run get, on a real server.
import { utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { linesOf, pointsOf, summaryOf, verdictsOf } from '../kit/k6-run.mjs'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { run } from './command-kit.js'
import { k6Kit, text } from './k6-kit.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

const { newRun, thresholdsOf, piped, read } = k6Kit(() => server)

const points = [...pointsOf({ iterations: 40 })]
const stream = text(linesOf(points))
const wanted = verdictsOf(points)

test('of metrics are judged by what was measured, as k6 does, and marked as ours', async () => {
  const { runId, out } = await read(stream)
  const there = await thresholdsOf(runId)
  const mine = wanted.filter(({ metric }) => !metric.includes('{')) // of submetrics the stream has none
  const order = (a: { metric: string }, b: { metric: string }) => (a.metric < b.metric ? -1 : 1)
  expect(
    there
      .map(({ metric, threshold, verdict, verdict_by, last_failed, abort_on_fail }) => ({
        ...{ metric, threshold, verdict, verdict_by, last_failed, abort_on_fail },
      }))
      .sort(order),
  ).toEqual(
    mine
      .map(({ metric, source, isKept, abortOnFail }) => ({
        ...{ metric, threshold: source, verdict: isKept ? 'passed' : 'failed' },
        ...{ verdict_by: 'spanhouse', last_failed: !isKept, abort_on_fail: abortOnFail },
      }))
      .sort(order),
  )
  for (const { metric, source, observed } of mine) {
    const row = there.find((one) => one.metric === metric && one.threshold === source)
    expect(row?.observed).toBeCloseTo(observed, 6)
  }
  expect(there.find(({ threshold }) => threshold === 'max<10')?.delay_abort_eval).toBe('5s')
  expect(out).toMatch(/✗ +http_req_duration +max<10 +\d+(\.\d+)? +spanhouse/)
})

test.each(['handleSummary', '--summary-export'] as const)(
  'have the verdicts of k6 from a summary of the form %s, those of submetrics too',
  async (form) => {
    const folder = temporaryDirectory()
    const file = join(folder, 'summary.json')
    // Other verdicts than ours, so that it shows whose they are.
    const summary = JSON.stringify(summaryOf(points, form))
    writeFileSync(
      file,
      form === 'handleSummary'
        ? summary.replaceAll('"ok":true', '"ok":false')
        : summary.replaceAll(':false', ':true'),
    )
    const results = join(folder, 'results.json')
    writeFileSync(results, stream)
    const runId = newRun()
    const args = ['--endpoint', server.url, '--run-id', runId, '--summary', file]
    expect(await run(['k6', results, ...args])).toMatchObject({ code: 0, err: '' })
    const there = await thresholdsOf(runId)
    expect(there).toHaveLength(wanted.length)
    expect(new Set(there.map(({ verdict, verdict_by }) => `${verdict} ${verdict_by}`))).toEqual(
      new Set(['failed k6']),
    )
    const part = there.find(({ metric }) => metric === 'http_req_duration{status:200}')
    expect(part?.tags).toEqual({ status: '200' })
    expect(part?.observed).toBeCloseTo(
      wanted.find(({ metric }) => metric === 'http_req_duration{status:200}')?.observed ?? 0,
      9,
    )
  },
)

test.each([
  [
    'one without verdicts',
    JSON.stringify(summaryOf(points, '--new-machine-readable-summary')),
    /has no verdicts, as all of its form \(--new-machine-readable-summary\), so the verdicts on thresholds are computed\.$/m,
  ],
  ['no summary', '[]', /summary\.json is no summary of k6, so/],
  ['an absent one', undefined, /The summary .*summary\.json cannot be read \(ENOENT\), so/],
])('are computed if the file is %s, and a line says so', async (_, content, line) => {
  const file = join(temporaryDirectory(), 'summary.json')
  const input = new PassThrough()
  const runId = newRun()
  const running = piped(input, ['--run-id', runId, '--summary', file])
  if (content !== undefined) writeFileSync(file, content)
  input.end(stream)
  expect(await running.ended).toBe(0)
  expect(running.err.text()).toMatch(line)
  expect(new Set((await thresholdsOf(runId)).map((one) => one.verdict_by))).toEqual(
    new Set(['spanhouse']),
  )
})

test('do not get the verdicts of an earlier run, whose summary is still there', async () => {
  const file = join(temporaryDirectory(), 'summary.json')
  writeFileSync(file, JSON.stringify(summaryOf(points, 'handleSummary')))
  utimesSync(file, 1, 1)
  const { runId, err } = await read(stream, ['--summary', file])
  expect(err).toMatch(/is older than this run/)
  expect(new Set((await thresholdsOf(runId)).map((one) => one.verdict_by))).toEqual(
    new Set(['spanhouse']),
  )
})

test('that nobody can judge are unknown', async () => {
  const lines = [
    '{"type":"Metric","metric":"odd","data":{"name":"odd","type":"histogram","contains":"default","thresholds":["p(95)<1"]}}',
    '{"type":"Metric","metric":"m","data":{"name":"m","type":"trend","contains":"time","thresholds":["p95 < 1","avg<10"]}}',
    '{"type":"Point","metric":"m","data":{"time":"2026-01-01T00:00:00Z","value":1,"tags":{}}}',
  ]
  const { runId } = await read(lines.join('\n'))
  const there = await thresholdsOf(runId)
  expect(
    there.map((one) => [one.threshold, one.verdict, one.verdict_by, one.last_failed, one.observed]),
  ).toEqual([
    ['p(95)<1', 'unknown', '', false, null],
    ['p95 < 1', 'unknown', '', false, null],
    ['avg<10', 'passed', 'spanhouse', false, 1],
  ])
})
