// Destinations of several hosts, and tables whose rows are elsewhere.
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../kit/free-port.js'
import { rewritingProxy } from '../kit/rewriting-proxy.js'
import { type DoctorRun, runDoctor } from '../kit/run-doctor.js'

let server: ClickHouseServer
beforeAll(async () => {
  const tcpPort = await freePort()
  server = await startClickHouse({ tcpPort, clusters: { main: [[tcpPort]] } })
  for (const statement of flatTraces.ddl({ database: 'telemetry' })) await server.query(statement)
})
afterAll(() => server?.stop())

function examine(options: Record<string, string>, ...args: string[]): Promise<DoctorRun> {
  const env = Object.entries(options).map(([name, value]) => [
    `OTEL_EXPORTER_CLICKHOUSE_${name}`,
    value,
  ])
  return runDoctor(args, {
    env: { OTEL_TRACES_EXPORTER: 'clickhouse', ...Object.fromEntries(env) },
  })
}

const port = () => Number(new URL(server.url).port)
/** The same server under another address, whose databases have other names. */
const elsewhere = () =>
  rewritingProxy(port(), {
    request: (message) => {
      message.path = message.path.replaceAll('telemetry', 'secondary')
      message.body = Buffer.from(message.body.toString().replaceAll('telemetry', 'secondary'))
    },
  })

describe('a destination of several hosts', () => {
  test('is checked at each host, and a host like the first takes one line', async () => {
    const same = await rewritingProxy(port(), {})
    const run = await examine({ ENDPOINTS: `${server.url},${same.url}` }, '--json')
    expect(run.code).toBe(0)
    expect(run.json.findings.filter(({ host }) => host === same.url)).toMatchObject([
      { check: 'host', level: 'ok', text: 'nothing else to mend at this host' },
    ])
    expect(run.of('test-span').every(({ level }) => level === 'ok')).toBe(true)
  })

  test('with a host that does not answer has a problem that names the host', async () => {
    const gone = `http://127.0.0.1:${await freePort()}`
    const run = await examine({ ENDPOINTS: `${server.url},${gone}` }, '--json', '--no-test-span')
    expect(run.code).toBe(2)
    const problems = run.json.findings.filter(({ level }) => level === 'problem')
    expect(problems).toMatchObject([{ check: 'tcp', host: gone, destination: 'primary' }])
    const text = await examine({ ENDPOINTS: `${server.url},${gone}` }, '--no-test-span')
    expect(text.out).toContain(`destination primary: ${gone}\n`)
    expect(text.out.match(/^destination primary/gm)).toHaveLength(2)
  })

  test('gets what one host lacks created at that host', async () => {
    const other = await elsewhere()
    const options = { ENDPOINTS: `${server.url},${other.url}` }
    const before = await examine(options, '--json', '--no-test-span')
    expect(before.of('table').map(({ level, host }) => [level, host])).toEqual([
      ['ok', null],
      ['warning', other.url],
    ])
    expect(before.of('table')[1]?.commands[1]?.text).toMatch(
      new RegExp(`^-- at ${other.url}\nCREATE TABLE`),
    )
    const mended = await examine(options, '--json', '--no-test-span', '--fix', '--yes')
    expect(mended.of('table')).toHaveLength(1)
    expect(mended.code).toBe(0)
    expect(await server.query('EXISTS TABLE secondary.traces')).toBe('1\n')
  })

  test('with many hosts is checked at some of them, and the report says how many are left', async () => {
    const gone = await freePort()
    const hosts = Array.from({ length: 11 }, (_, i) => `http://127.0.0.${i + 2}:${gone}`)
    const run = await examine(
      { ENDPOINTS: [server.url, ...hosts].join() },
      '--json',
      '--no-test-span',
    )
    expect(new Set(run.json.findings.map(({ host }) => host)).size).toBe(9)
    expect(run.of('host')).toMatchObject([{ level: 'skipped', text: '3 more hosts not checked' }])
  })
})

describe('a Distributed table', () => {
  const options = { DATABASE: 'spread', CLUSTER: 'main', TTL: '30d' }
  const create = async (window: number) => {
    await server.query('DROP DATABASE IF EXISTS spread')
    const at = { database: 'spread', cluster: 'main', distributed: {} }
    for (const statement of flatTraces.ddl(at))
      await server.query(
        statement
          .replace(' ON CLUSTER `main`', '')
          .replace('deduplication_window = 10000', `deduplication_window = ${window}`),
      )
  }

  test('whose local tables remember tokens is fine', async () => {
    await create(10_000)
    const run = await examine({ ENDPOINT: server.url, DATABASE: 'spread' }, '--json')
    expect(run.of('engine')).toMatchObject([{ level: 'ok', text: 'Distributed' }])
    expect(run.of('deduplication')).toMatchObject([{ level: 'ok' }])
    expect(run.code).toBe(0)
  })

  test('is mended where its rows are: columns in both tables, TTL and tokens in the local one', async () => {
    await create(0)
    await server.query('ALTER TABLE spread.traces_local DROP COLUMN trace_state')
    await server.query('ALTER TABLE spread.traces DROP COLUMN trace_state')
    const run = await examine({ ENDPOINT: server.url, ...options }, '--json', '--no-test-span')
    const commands = (check: string) =>
      run.of(check).flatMap(({ commands }) => commands.map(({ text }) => text.split('\n')[0]))
    expect(commands('columns')).toEqual([
      'ALTER TABLE `spread`.`traces_local`',
      'ALTER TABLE `spread`.`traces`',
    ])
    expect(commands('deduplication')).toEqual([
      'ALTER TABLE `spread`.`traces_local` MODIFY SETTING non_replicated_deduplication_window = 10000;',
    ])
    expect(commands('ttl')[0]).toMatch(/^ALTER TABLE `spread`.`traces_local` MODIFY TTL/)
    await server.query(
      'ALTER TABLE spread.traces_local MODIFY TTL toDateTime(timestamp) + toIntervalDay(3)',
    )
    const kept = await examine({ ENDPOINT: server.url, ...options }, '--json', '--no-test-span')
    expect(kept.of('ttl')).toMatchObject([
      { level: 'ok', text: expect.stringContaining('toIntervalDay(3)') },
    ])
  })
})
