import { flatTraces } from '@spanhouse/transform'
import { describe, expect, test } from 'vitest'
import { addColumns, addIndexes } from '../../src/clickhouse/additions.js'
import type { Outcome } from '../../src/clickhouse/outcome.js'
import type { Run } from '../../src/clickhouse/tables.js'
import type { Target } from '../../src/config/config.js'

const COLUMNS = flatTraces.columns.map(({ name, type }) => [name, type] as const)
const REFUSED: Outcome = { status: 'retry', why: 'misconfigured', error: new Error('no right') }

/** A server with these columns in its tables. What changes a table is recorded. */
function serverWith(
  tables: Readonly<Record<string, readonly (readonly [string, string])[]>>,
  answerTo: (statement: string) => Outcome = () => ({ status: 'delivered' }),
  comment = 'spanhouse: flat traces, version 1',
) {
  const changes: string[] = []
  const run: Run = async (statement) => {
    const [, table = ''] = /(?:name|table) = '(\w+)'/.exec(statement) ?? []
    const text = (lines: readonly string[]) => ({
      outcome: { status: 'delivered' } as const,
      text: lines.map((line) => `${line}\n`).join(''),
    })
    if (statement.includes('system.columns'))
      return text((tables[table] ?? []).map((one) => JSON.stringify(one)))
    if (statement.includes('system.tables')) return text([comment])
    if (statement.includes('system.data_skipping_indices')) return text([])
    const outcome = answerTo(statement)
    if (outcome.status === 'delivered') changes.push(statement.replaceAll(/\s+/g, ' '))
    return { outcome, text: '' }
  }
  return { changes, run }
}

const lacking = (...names: string[]) => COLUMNS.filter(([name]) => !names.includes(name))
const target = (creation: Target['creation']): Target => ({
  database: 'd',
  table: 'traces',
  schema: flatTraces as never,
  creation,
})
const PLAIN = target({})
const DISTRIBUTED = target({ cluster: 'c', distributed: {} })

describe('columns', () => {
  test('what is missing is added, and nothing else is done', async () => {
    const { changes, run } = serverWith({ traces: lacking('environment', 'events.name') })
    expect(await addColumns(PLAIN, run)).toEqual({
      status: 'delivered',
      columns: ['environment', 'events.name'],
    })
    expect(changes).toEqual([
      'ALTER TABLE `d`.`traces` ADD COLUMN IF NOT EXISTS `environment` LowCardinality(String) CODEC(ZSTD(1))',
      'ALTER TABLE `d`.`traces` ADD COLUMN IF NOT EXISTS `events.name` Array(LowCardinality(String)) CODEC(ZSTD(1))',
    ])
  })

  test('behind a Distributed table, the local tables get them first, on the whole cluster', async () => {
    const { changes, run } = serverWith({
      traces: lacking('environment'),
      traces_local: lacking('environment'),
    })
    expect(await addColumns(DISTRIBUTED, run)).toEqual({
      status: 'delivered',
      columns: ['environment'],
    })
    expect(changes.map((one) => one.slice(0, 71))).toEqual(
      [
        'ALTER TABLE `d`.`traces_local` ON CLUSTER `c` ADD COLUMN IF NOT EXISTS ',
        'ALTER TABLE `d`.`traces` ON CLUSTER `c` ADD COLUMN IF NOT EXISTS `enviro',
      ].map((one) => one.slice(0, 71)),
    )
  })

  test('a column that only the local tables lack is added there alone', async () => {
    const { changes, run } = serverWith({ traces: COLUMNS, traces_local: lacking('environment') })
    expect(await addColumns(DISTRIBUTED, run)).toMatchObject({ columns: ['environment'] })
    expect(changes).toHaveLength(1)
    expect(changes[0]).toContain('`traces_local` ON CLUSTER `c`')
  })

  test.each([
    ['nothing is missing', { traces: COLUMNS }],
    ['the server does not name the columns', {}],
    ['most of ours are missing', { traces: COLUMNS.slice(0, 10) }],
  ])('if %s, nothing is done', async (_, tables) => {
    const { changes, run } = serverWith(tables)
    expect(await addColumns(PLAIN, run)).toBeUndefined()
    expect(changes).toEqual([])
  })

  test.each(['Back in a minute.', '{"status":"busy"}', '["trace_id","Stri'])(
    'if the answer is %s, which cannot be read, nothing is done',
    async (text) => {
      const run: Run = async () => ({ outcome: { status: 'delivered' }, text })
      expect(await addColumns(PLAIN, run)).toBeUndefined()
    },
  )

  test('the first refusal is the answer, with a statement that adds everything, and nothing follows it', async () => {
    const { changes, run } = serverWith(
      { traces: lacking('environment', 'trace_state') },
      () => REFUSED,
    )
    expect(await addColumns(PLAIN, run)).toEqual({
      ...REFUSED,
      fix: 'Run: ALTER TABLE `d`.`traces` ADD COLUMN IF NOT EXISTS `trace_state` String CODEC(ZSTD(1)), ADD COLUMN IF NOT EXISTS `environment` LowCardinality(String) CODEC(ZSTD(1));',
    })
    expect(changes).toEqual([])
  })
})

describe('indexes', () => {
  test('they are added to the local tables behind a Distributed one, which can have none', async () => {
    const { changes, run } = serverWith({})
    const names = await addIndexes(DISTRIBUTED, run)
    expect(names).toHaveLength(6)
    for (const change of changes)
      expect(change).toMatch(
        /^ALTER TABLE `d`\.`traces_local` ON CLUSTER `c` ADD INDEX IF NOT EXISTS /,
      )
  })

  test.each(['', 'of another team', 'not by spanhouse'])(
    'a table with the comment %j is somebody else’s, and gets none',
    async (comment) => {
      const { changes, run } = serverWith({}, undefined, comment)
      expect(await addIndexes(PLAIN, run)).toEqual([])
      expect(changes).toEqual([])
    },
  )

  test('a refusal ends it', async () => {
    const { run } = serverWith({}, () => REFUSED)
    expect(await addIndexes(PLAIN, run)).toEqual([])
  })
})
