import { cpSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../kit/patience.js'
import { appWith, run } from '../register/app.js'
import { type App, pattern } from './mistake.js'
import { RUNNING, THROWN } from './mistakes.js'
import { SECRET } from './own-variables.js'
import { PAGE } from './page.js'

const FIXTURES = fileURLToPath(new URL('fixtures', import.meta.url))
const FILE = fileURLToPath(new URL('../../docs/troubleshooting.md', import.meta.url))

// Most of the time each of them waits: a second for the line, and for its end.
const AT_ONCE = 6

let clickhouse: ClickHouseServer
beforeAll(async () => {
  clickhouse = await startClickHouse({
    users: [
      { name: 'writer', password: 'another' },
      { name: 'reader', grants: ['SELECT ON *.*'] },
      { name: 'inserter', grants: ['INSERT, SELECT ON nowhere.*'] },
      { name: 'readonly', readonly: 1 },
    ],
  })
  for (const statement of flatTraces.ddl({ database: 'there' })) await clickhouse.query(statement)
  await clickhouse.query('CREATE TABLE there.other (id UInt8) ENGINE = MergeTree ORDER BY id')
})
afterAll(() => clickhouse?.stop())

test.each(THROWN.mistakes)('a ConfigError has one line: $did', ({ says, make }) => {
  let error: unknown
  try {
    make()
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(ConfigError)
  const { problems, message } = error as ConfigError
  expect(problems).toEqual([expect.stringMatching(pattern(says))])
  expect(message).toBe(`spanhouse: these exporter options cannot be used: ${problems[0]}`)
})

test.each(RUNNING)(
  'each mistake gives its one line, and the application goes on: $title',
  ({ mistakes, whole }) =>
    forEach(mistakes, async (mistake) => {
      const { did } = mistake
      const { lines, output, code } = await ending(await mistake.make(clickhouse))
      expect.soft(lines, did).toEqual([expect.stringMatching(pattern(whole(mistake)))])
      expect
        .soft({ code, isDone: output.includes('done\n') }, did)
        .toEqual({ code: 0, isDone: true })
      expect.soft(output, did).not.toContain(SECRET)
    }),
)

test('docs/troubleshooting.md is made of the same table', async () => {
  await expect(PAGE).toMatchFileSnapshot(FILE)
})

/** Starts the application, lets it go on until it has said something, and lets it end by itself. */
async function ending({ folder = appWith([]), args, env }: App) {
  cpSync(FIXTURES, folder, { recursive: true })
  const app = run({
    folder,
    args: args ?? ['goes-on.cjs'],
    env: { OTEL_TRACES_EXPORTER: 'clickhouse', ...env },
  })
  if (args === undefined) await until(() => app.warnings.length > 0)
  app.closeInput()
  const [code] = await app.ended
  return { lines: app.warnings, output: app.output, code }
}

/** Calls `work` for each, a few at a time. */
async function forEach<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all]
  const worker = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}
