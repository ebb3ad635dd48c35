import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { flatTraces, otelTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Server, serverWithFiles } from '../kit/server-with-files.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { run, statementsOf } from './command-kit.js'

const DAY = 86_400
const page = readFileSync(new URL('../../docs/retention.md', import.meta.url), 'utf8')

// The server has the storage that the page configures.
let server: Server
beforeAll(async () => {
  const [, storage = ''] = /^```xml\n(.*?)^```$/ms.exec(page) ?? []
  expect(storage).toContain('/mnt/cold/')
  const directory = temporaryDirectory(afterAll)
  const config = join(directory, 'storage.xml')
  writeFileSync(config, storage.replace('/mnt/cold/', `${directory}/cold/`))
  server = await serverWithFiles({ config })
})
afterAll(() => server?.stop())

let databases = 0
const newDatabase = () => `retained_${databases++}`

async function apply(statements: readonly string[]) {
  for (const statement of statements) await server.query(statement)
}

const RULES = [
  ['--ttl', '30d', '--keep', 'audit=365d', '--keep', "o'b=1d"],
  [
    '--keep-where',
    "span_kind = 'SERVER' OR duration_ms<1=1h",
    '--keep-where',
    "span_name = 'x'=2h",
  ],
  ['--storage-policy', 'tiered', '--move-after', '7d', '--move-to-volume', 'cold'],
  ['--storage-policy', 'tiered', '--move-after', '7d', '--move-to-disk', 'cold', '--ttl', '9d'],
  ['--ttl', '22000d', '--keep', 'load-test=1d'],
]
const OF_ANY_TABLE = RULES.filter((rule) => !rule.includes('--keep-where'))

test('prints the statements of a table with this retention', async () => {
  const { code, out } = await run([
    'ddl',
    '--schema=otel',
    '--ttl=30d',
    '--keep=audit=365d',
    "--keep-where=Duration < 5 AND SpanKind = 'Server'=1h",
    '--storage-policy=tiered',
    '--move-after=7d',
    '--move-to-volume=cold',
  ])
  expect(code).toBe(0)
  const retention = {
    services: { audit: 365 * DAY },
    where: { "Duration < 5 AND SpanKind = 'Server'": 3600 },
    moveAfter: 7 * DAY,
    moveToVolume: 'cold',
    storagePolicy: 'tiered',
  }
  expect(statementsOf(out)).toEqual(otelTraces.ddl({ ttl: 30 * DAY, retention }))
})

describe.each(['flat', 'otel'])('the server takes the statements of %s', (schema) => {
  test.each(OF_ANY_TABLE)('%s %s %s %s', async (...rule) => {
    const args = ['ddl', '--signal=all', `--schema=${schema}`, '--database', newDatabase(), ...rule]
    await apply(statementsOf((await run(args)).out))
    const again = await run([...args, '--diff', server.url])
    expect(again).toMatchObject({ code: 0, out: '' })
  })
})

describe('--diff', () => {
  test.each(RULES)('a plain table gets %s %s %s %s by what is printed', async (...rule) => {
    const args = ['ddl', '--database', newDatabase(), ...rule, '--diff', server.url]
    await apply(flatTraces.ddl({ database: args[2], ttl: 5 * DAY }))
    const { code, out } = await run(args)
    const changes = out.match(/^-- ALTER .*;$/gm) ?? []
    expect(code).toBe(1)
    expect(statementsOf(out)).toEqual([])
    await apply(changes.map((line) => line.slice(3, -1)))
    expect(await run(args)).toMatchObject({ code: 0, out: '' })
  })

  test('another condition is a difference', async () => {
    const args = ['ddl', '--database', newDatabase()]
    await apply(statementsOf((await run([...args, '--keep-where', "span_kind = 'x'=1d"])).out))
    const { code, out } = await run([
      ...args,
      '--keep-where',
      "span_kind = 'y'=1d",
      '--diff',
      server.url,
    ])
    expect(code).toBe(1)
    expect(out).toContain('MODIFY TTL')
  })

  test('a condition that is no SQL is a difference, not a failure', async () => {
    const args = ['ddl', '--database', newDatabase()]
    await apply(statementsOf((await run([...args, '--ttl', '1d'])).out))
    const { code, out } = await run([...args, '--keep-where', '((=1d', '--diff', server.url])
    expect(code).toBe(1)
    expect(out).toContain('-- TTL is ')
  })
})

test.each([
  [['--keep', 'audit'], '--keep must be written as SERVICE=TIME'],
  [['--keep', '=30d'], '--keep must be written as SERVICE=TIME'],
  [['--keep', 'audit=30'], '--keep must be a length of time, such as 500ms, 15m or 30d'],
  [['--keep', 'audit=100ms'], '--keep must be whole seconds'],
  [['--keep', 'a=1d', '--keep', 'a=2d'], '--keep names a twice'],
  ...['<', '>', '!'].map((sign): [string[], string] => [
    ['--keep-where', `duration_ms ${sign}=3d`],
    `--keep-where duration_ms ${sign}=3d compares with nothing: the last = separates the condition from the time, so write duration_ms ${sign}= VALUE=3d.`,
  ]),
  [['--keep-where', 'duration_ms <= =3d'], 'so write duration_ms <= VALUE=3d.'],
  [['--keep-where', 'span_kind ==3d'], 'so write span_kind == VALUE=3d.'],
  [['--move-after', '7d'], '--move-after goes with one of --move-to-volume and --move-to-disk'],
  [['--move-to-disk', 'cold'], '--move-after goes with one of'],
  [['--storage-policy', ''], '--storage-policy must not be empty'],
] as [string[], string][])('%j is refused', async (args, message) => {
  const { code, out, err } = await run(['ddl', ...args])
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toContain(message)
})

describe('docs/retention.md', () => {
  const commands = page.match(/^npx spanhouse .*$/gm) ?? []

  test.each(commands)('%s', async (line) => {
    // As a shell would divide it.
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word)
    const args = words.slice(2).map((word) => word?.replace('http://localhost:8123', server.url))
    const isDiff = args.includes('--diff')
    await server.query('DROP DATABASE IF EXISTS telemetry')
    if (isDiff) await apply(flatTraces.ddl())
    const { code, out } = await run(args as string[])
    expect(code).toBe(isDiff ? 1 : 0)
    if (!isDiff) return await apply(statementsOf(out))
    // With the comment signs removed, as the page says.
    await apply(statementsOf(out.replaceAll(/^-- (ALTER .*;)$/gm, '$1')))
    expect(await run(args as string[])).toMatchObject({ code: 0, out: '' })
    expect(await server.query('SHOW CREATE TABLE telemetry.traces FORMAT TSVRaw')).toContain(
      "'audit'",
    )
  })

  test('the policy of the page has its two volumes', async () => {
    const volumes = `SELECT volume_name, disks FROM system.storage_policies WHERE policy_name = 'tiered' ORDER BY volume_priority FORMAT TSV`
    expect(await server.query(volumes)).toBe("default\t['default']\ncold\t['cold']\n")
  })

  test('the query for where rows are', async () => {
    const [, sql = ''] = /```sql\n(.*?)```/s.exec(page) ?? []
    await server.query('DROP DATABASE IF EXISTS telemetry')
    await apply(flatTraces.ddl())
    await server.query('INSERT INTO telemetry.traces (trace_id) VALUES (1)')
    expect(await server.query(sql)).toMatch(/^default\t1\t/)
  })

  test('it has commands', () => {
    expect(commands).toHaveLength(4)
  })
})
