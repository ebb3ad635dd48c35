// Every command of docs/regions.md, as it stands there: one server with two databases stands for east and west.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatLogs, flatMetrics, flatTraces, type Table } from '@spanhouse/transform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDeadLetters } from '../../packages/exporter-clickhouse/src/delivery/dead-letter-table.js'
import { openExporter } from '../kit/entry-points.mjs'
import { numbered } from '../kit/numbered-records.mjs'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { insert, run } from './command-kit.js'

const page = readFileSync(new URL('../../docs/regions.md', import.meta.url), 'utf8')
const lines = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
  block.split('\n').map((line) => line.replace(/ +#.*/, '')),
)
const commands = lines.filter((line) => line.startsWith('npx spanhouse '))
const environment = lines.filter((line) => line.startsWith('export '))

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
  for (const database of ['telemetry', 'west'])
    for (const table of [flatTraces, flatLogs, flatMetrics] as Table<never>[])
      for (const statement of table.ddl({ database })) await server.query(statement)
  await server.query(
    createDeadLetters(
      { database: 'telemetry', table: 'dead_letters' },
      { database: 'telemetry', table: 'traces' },
    ),
  )
})
afterAll(() => server?.stop())

test('the commands of docs/regions.md do what it says', async () => {
  const folder = temporaryDirectory()
  const spool = join(folder, 'spool')
  const here = (text: string) =>
    text
      .replaceAll('/var/spool/app', spool)
      .replaceAll('./dead-letters', join(folder, 'dead-letters'))
      .replaceAll('https://east.example:8443', server.url)
      .replaceAll('https://west.example:8443', `${server.url.replace('http:', 'clickhouse:')}/west`)
      .replaceAll('https://new.example:8443', server.url)
  const env = Object.fromEntries(
    environment.map((line) => here(line.slice('export '.length)).split(/=(.*)/s).slice(0, 2)),
  )
  expect(Object.keys(env)).toHaveLength(4)
  const recent = Date.now() - 600_000 - 1_700_000_000_000
  await insert(server, [{ id: 'one', at: [recent, recent + 1] }])

  mkdirSync(join(folder, 'dead-letters'))
  const row = JSON.stringify({ timestamp: '1700000000.000000001', body: 'refused' })
  const letter = JSON.stringify({ database: 'telemetry', table: 'logs', row })
  writeFileSync(join(folder, 'dead-letters/west.logs.ndjson'), `${letter}\n`)
  await server.query(
    `INSERT INTO telemetry.dead_letters SELECT generateUUIDv4(), 'logs', 1, 1, '${row}', '{"database":"telemetry"}'`,
  )
  const leaveBehind = async (number: number) => {
    const dead = { endpoint: 'http://127.0.0.1:1', spool: { directory: spool } }
    const exporter = openExporter('traces', {
      destinations: [{ name: 'west', ...dead }],
      shutdownTimeoutMs: 100,
    } as never)
    await new Promise((resolve) =>
      exporter.export(
        [numbered.traces('page', number, { resource: 0 })] as never,
        resolve as never,
      ),
    )
    await exporter.shutdown()
  }

  const ran: [command: string, code: number][] = []
  for (const command of commands) {
    if (command.includes('/var/spool')) await leaveBehind(ran.length)
    const { code, err, out } = await run(here(command).split(' ').slice(2), { env })
    expect(code, `${command}\n${err}${out}`).not.toBe(2)
    ran.push([command.split(' ').slice(2).join(' '), code])
  }
  expect(ran).toEqual([
    [expect.stringMatching(/^compare --window 1h/), 1],
    [expect.stringMatching(/^compare --window 7d/), 1],
    [expect.stringMatching(/^compare --table telemetry.traces/), 0], // one table, compared with itself here
    [expect.stringMatching(/^compare --repair --window/), 0],
    [expect.stringMatching(/^compare --repair --without-ids/), 0],
    [expect.stringMatching(/^replay .\/dead-letters/), 0],
    [expect.stringMatching(/^replay telemetry.dead_letters/), 0],
    [expect.stringMatching(/^replay \/var\/spool\/app$/), 0],
    [expect.stringMatching(/^replay \/var\/spool\/app --destination/), 0],
  ])
  const count = async (table: string) => Number(await server.query(`SELECT count() FROM ${table}`))
  expect(await count('west.traces')).toBe(1)
  expect(await count('telemetry.logs')).toBe(2)
  // A batch in a spool goes to the table that it was made for.
  expect(await count('telemetry.traces')).toBe(3)
})
