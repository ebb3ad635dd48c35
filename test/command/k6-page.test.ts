// docs/k6.md and examples/k6: the queries have the right answers, and the file of the example is read.
import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { quoteText } from '@spanhouse/transform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FIELD_NAMES } from '../../packages/spanhouse/src/k6/settings.js'
import { k6Samples, k6Thresholds } from '../../packages/spanhouse/src/k6/tables.js'
import { figureOf, linesOf, pointsOf, THRESHOLDS, verdictsOf } from '../kit/k6-run.mjs'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { run } from './command-kit.js'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url))
const page = read('docs/k6.md').toString()
const queries = [...page.matchAll(/^```sql\n([\s\S]*?)^```$/gm)].map(([, sql = '']) => sql)

// The example, and a later run that is other.
const RUNS = {
  first: [...pointsOf({ iterations: 40 })],
  second: [...pointsOf({ iterations: 80, seed: 5, startMs: 1_764_003_600_000 })],
}

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
  const folder = temporaryDirectory((remove) => afterAll(remove))
  writeFileSync(`${folder}/second.json`, [...linesOf(RUNS.second)].join('\n'))
  const example = new URL('../../examples/k6/results.json.gz', import.meta.url).pathname
  for (const [runId, file] of [
    ['first', example],
    ['second', `${folder}/second.json`],
  ] as const)
    expect(await run(['k6', file, '--endpoint', server.url, '--run-id', runId])).toMatchObject({
      code: 0,
    })
})
afterAll(() => server?.stop())

async function ask(index: number, parameters: Readonly<Record<string, string>>) {
  const sql = (queries[index] ?? '').replace(/\{(\w+):String\}/g, (_, name) =>
    quoteText(parameters[name] ?? ''),
  )
  const answer = await server.query(
    `${sql} SETTINGS readonly = 1, output_format_json_quote_64bit_integers = 0 FORMAT JSONEachRow`,
  )
  return answer
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

const durations = (of: keyof typeof RUNS) =>
  RUNS[of].filter(({ metric }) => metric === 'http_req_duration')
const p95 = (values: readonly number[]) => figureOf('p(95)', 'trend', values, 1)

function grouped<Item, Out>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  made: (key: string, of: readonly Item[]) => Out,
): Out[] {
  const groups = new Map<string, Item[]>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, of]) => made(key, of))
}

test('the page has the five queries', () => {
  expect(queries).toHaveLength(5)
})

test('the 95th percentile over time by URL', async () => {
  const five = (ms: number) =>
    new Date(Math.floor(ms / 5000) * 5000).toISOString().slice(0, 19).replace('T', ' ')
  const wanted = grouped(
    durations('first'),
    ({ ms, tags }) => `${five(ms)}|${tags['url']}`,
    (key, of) => ({ key, p95_ms: p95(of.map(({ value }) => value)) }),
  )
  const rows = await ask(0, { run: 'first' })
  expect(rows.map(({ time, url }) => `${String(time).slice(0, 19)}|${url}`)).toEqual(
    wanted.map(({ key }) => key),
  )
  for (const [index, { p95_ms }] of wanted.entries())
    expect(rows[index]?.p95_ms).toBeCloseTo(p95_ms, 9)
})

test('errors by URL', async () => {
  const failures = RUNS.second.filter(({ metric }) => metric === 'http_req_failed')
  const wanted = grouped(
    failures,
    ({ tags }) => tags['url'] ?? '',
    (url, of) => ({
      ...{ url, requests: of.length },
      failed: of.filter(({ value }) => value === 1).length / of.length,
    }),
  ).sort((a, b) => b.failed - a.failed || (a.url < b.url ? -1 : 1))
  expect(await ask(1, { run: 'second' })).toEqual(wanted)
})

test('the thresholds of the last runs', async () => {
  const rows = await ask(2, {})
  expect(rows.map(({ run_id }) => run_id)).toEqual(['second', 'first'])
  for (const { run_id, thresholds, failed, which } of rows) {
    const judged = verdictsOf(RUNS[run_id as keyof typeof RUNS]).filter(
      ({ metric }) => !metric.includes('{'),
    )
    const crossed = judged.filter(({ isKept }) => !isKept)
    expect({ thresholds, failed }).toEqual({ thresholds: judged.length, failed: crossed.length })
    expect(new Set(which)).toEqual(
      new Set(crossed.map(({ metric, source }) => `${metric} ${source}`)),
    )
  }
})

test('two runs compared', async () => {
  const of = (which: keyof typeof RUNS) =>
    new Map(
      grouped(
        durations(which),
        ({ tags }) => tags['name'] ?? '',
        (name, all) => [name, p95(all.map(({ value }) => value))],
      ),
    )
  const [before, after] = [of('first'), of('second')]
  const wanted = [...before]
    .map(([name, ms]) => ({ name, change: (after.get(name) ?? 0) / ms - 1 }))
    .sort((a, b) => b.change - a.change)
  const rows = await ask(3, { before: 'first', after: 'second' })
  expect(rows.map(({ name }) => name)).toEqual(wanted.map(({ name }) => name))
  for (const [index, { change }] of wanted.entries())
    expect(rows[index]?.change).toBeCloseTo(change, 9)
})

test('the slowest requests', async () => {
  const wanted = [...durations('first')].sort((a, b) => b.value - a.value).slice(0, 10)
  const rows = await ask(4, { run: 'first' })
  expect(rows.map(({ ms }) => ms)).toEqual(wanted.map(({ value }) => value))
  expect(rows[0]).toMatchObject({ url: wanted[0]?.tags['url'], status: wanted[0]?.tags['status'] })
})

test('the file of the example is the run that is compared here', () => {
  const lines = [...linesOf(RUNS.first)].map((line) => `${line}\n`).join('')
  expect(gunzipSync(read('examples/k6/results.json.gz')).toString()).toBe(lines)
})

test('the script of the example has the thresholds of that run', () => {
  const script = read('examples/k6/script.js').toString()
  const [, object = ''] = /thresholds: (\{[\s\S]*?\n {2}\}),/.exec(script) ?? []
  const json = object
    .replace(/^(\s*)(\w+):/gm, '$1"$2":')
    .replace(/([{,]\s*)(threshold|abortOnFail|delayAbortEval):/g, '$1"$2":')
    .replaceAll("'", '"')
    .replace(/,(\s*[}\]])/g, '$1')
  expect(JSON.parse(json)).toEqual(THRESHOLDS)
})

test('the page names every setting and every column', () => {
  for (const name of FIELD_NAMES) expect(page).toContain(`\`${name}\``)
  for (const { name } of [...k6Samples.columns, ...k6Thresholds.columns])
    expect(page).toContain(`\`${name}\``)
})
