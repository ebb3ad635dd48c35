import { readFileSync } from 'node:fs'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from './command-kit.js'

const page = readFileSync(new URL('../../docs/schema-changes.md', import.meta.url), 'utf8')
const blocks = [...page.matchAll(/^```(sql|sh)\n(.*?)^```$/gms)].map(([, , text = '']) => text)

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse({ users: [{ name: 'telemetry_writer' }] })
})
afterAll(() => server?.stop())

test('the blocks of the page, in their order', async () => {
  const [add = '', grant = '', marks = '', diff = '', ...others] = blocks
  expect(others).toEqual([])
  const args = diff.trim().replace('http://localhost:8123', server.url).split(' ').slice(2)

  const before = await run(args)
  expect(before.code).toBe(1)
  for (const statement of before.out.split(/;\n/))
    if (statement.trim() !== '') await server.query(statement)
  expect(await run(args)).toMatchObject({ code: 0, out: '' })

  expect((await server.query(marks)).trim().split('\n')).toEqual([
    'logs\tspanhouse: flat logs, version 1',
    'metrics\tspanhouse: flat metrics, version 1',
    'traces\tspanhouse: flat traces, version 1',
  ])

  await server.query('ALTER TABLE telemetry.traces DROP COLUMN environment')
  const lacking = await run(args)
  expect(lacking.out).toBe(`${add.trim()};\n`)
  await server.query(add)
  expect(await run(args)).toMatchObject({ code: 0, out: '' })
  // The users of a local server come from its configuration and take no GRANT: the server only reads this one.
  expect(await server.query(`EXPLAIN AST ${grant}`)).toMatch(/^GrantQuery/)
  expect(flatTraces.insertColumns).toContain('environment')
})
