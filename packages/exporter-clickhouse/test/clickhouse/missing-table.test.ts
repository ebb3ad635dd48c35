import { diag } from '@opentelemetry/api'
import { afterEach, describe, expect, test } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { exported, exporterTo, spans } from '../../../../test/kit/exporters.js'
import { type Behaviour, namesIn, scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'

afterEach(() => diag.disable())

describe('a missing table', () => {
  const MISSING: Behaviour = {
    status: 404,
    code: 60,
    body: 'Code: 60. DB::Exception: Table telemetry.traces does not exist. (UNKNOWN_TABLE) (version 26.7)',
  }

  test('is created on the answer that says so, and the rows sent again', async () => {
    const server = await scriptedServer([MISSING])
    const to = exporterTo({ endpoint: server.url })
    expect(await exported(to, spans(2))).toEqual({ code: 0 })
    const sent = server.requests.slice(0, 4)
    expect(
      sent.map(({ statement, isInsert }) => (isInsert ? 'INSERT' : statement.slice(0, 15))),
    ).toEqual(['INSERT', 'CREATE TABLE IF', 'INSERT'])
    expect(namesIn(server)).toHaveLength(2)
    expect(server.inserts[0]?.query.get('insert_deduplication_token')).toBe(
      server.inserts[1]?.query.get('insert_deduplication_token'),
    )
  })

  test('nothing is asked before the first INSERT', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url })
    expect(server.connections).toBe(0)
    await exported(to, spans(1))
    expect(server.requests[0]?.isInsert).toBe(true)
  })

  test('is created once for all batches under way', async () => {
    let created = false
    const server = await scriptedServer({
      each({ isInsert, statement }) {
        if (statement.startsWith('CREATE TABLE')) created = true
        return isInsert && !created ? MISSING : 'ok'
      },
    })
    const to = exporterTo({ endpoint: server.url, batch: { maxRows: 1 } })
    expect(await exported(to, spans(4))).toEqual({ code: 0 })
    expect(server.requests.filter(({ statement }) => statement.startsWith('CREATE'))).toHaveLength(
      1,
    )
    expect(namesIn(server)).toHaveLength(4)
  })

  test('is created again, which is said in one line for all batches under way', async () => {
    const lines = diagLines()
    let isThere = false
    const server = await scriptedServer({
      each({ isInsert, statement }) {
        if (statement.startsWith('CREATE TABLE')) isThere = true
        return isInsert && !isThere ? MISSING : 'ok'
      },
    })
    const to = exporterTo({ endpoint: server.url, batch: { maxRows: 1 } })
    await exported(to, spans(4))
    expect(lines).toEqual([])
    isThere = false
    await exported(to, spans(4, 'later'))
    expect(statsOf(to)).toMatchObject({ delivered: 8, dropped: {} })
    expect(lines).toEqual([
      expect.stringContaining('telemetry.traces was gone while the application ran'),
    ])
  })

  test("is left alone with manageSchema: 'off', and the rows are held", async () => {
    const server = await scriptedServer(MISSING)
    const to = exporterTo({ endpoint: server.url, manageSchema: 'off' })
    expect(await exported(to, spans(2))).toEqual({ code: 0 })
    expect(server.requests).toHaveLength(1)
    expect(statsOf(to)).toMatchObject({ waiting: 2, dropped: {}, failing: true })
    expect(statsOf(to).lastError).toContain('telemetry.traces')
  })

  test.each<[string, number, object, string]>([
    [
      'a condition of retention',
      47,
      { retention: { where: { 'servce = 1': 60 } } },
      'Correct `retention.where`: its conditions stand in the statement that creates the table.',
    ],
    [
      'a condition that is no SQL',
      62,
      { retention: { where: { 'a = = 1': 60 } } },
      'Correct `retention.where`: its conditions stand in the statement that creates the table.',
    ],
    [
      'something else',
      47,
      {},
      'Correct the definition of the table: the server refuses the statement that creates it.',
    ],
  ])(
    'that the server refuses to create because of %s: the advice is about that',
    async (_what, code, options, advice) => {
      const lines = diagLines()
      const refused: Behaviour = {
        status: 404,
        code,
        body: `Code: ${code}. DB::Exception: Missing columns: 'servce'. (NAME) (version 26.7)`,
      }
      const server = await scriptedServer({
        each: ({ isInsert }) => (isInsert ? MISSING : refused),
      })
      const to = exporterTo({ endpoint: server.url, ...options })
      await exported(to, spans(1))
      expect(statsOf(to)).toMatchObject({ waiting: 1, dropped: {}, failing: true })
      expect(lines.join()).toContain(advice)
      expect(lines.join()).not.toContain('ddl()')
    },
  )

  const OLD: [string, (name: string) => Behaviour][] = [
    [
      '18.16',
      (name) => ({
        status: 500,
        body: `Code: 36, e.displayText() = DB::Exception: There was an error on [ch2:9000]: Code: 36, e.displayText() = DB::Exception: Unknown setting ${name} for storage MergeTree, e.what() = DB::Exception, e.what() = DB::Exception`,
      }),
    ],
    [
      '20.3',
      (name) => ({
        status: 404,
        code: 115,
        body: `Code: 115. DB::Exception: Unknown setting ${name} for storage MergeTree (version 20.3)`,
      }),
    ],
  ]
  test.each(OLD)(
    'is created without the settings of tables that ClickHouse %s does not know',
    async (_, refusal) => {
      let created = ''
      const server = await scriptedServer({
        each({ isInsert, statement }) {
          const unknown = /ttl_only_drop_parts|non_replicated_deduplication_window/.exec(statement)
          if (unknown) return refusal(unknown[0])
          if (statement.startsWith('CREATE TABLE')) created = statement
          return isInsert && created === '' ? MISSING : 'ok'
        },
      })
      const to = exporterTo({ endpoint: server.url })
      expect(await exported(to, spans(2))).toEqual({ code: 0 })
      expect(created).toMatch(/SETTINGS index_granularity = 8192$/m)
      expect(statsOf(to)).toMatchObject({ delivered: 2, dropped: {} })
    },
  )

  test('that another host of the cluster refuses: the error says why', async () => {
    const server = await scriptedServer({
      each: ({ isInsert }) =>
        isInsert
          ? MISSING
          : {
              status: 500,
              body: 'Code: 36, e.displayText() = DB::Exception: There was an error on [ch2:9000]: Code: 36, e.displayText() = DB::Exception: No macro shard in config, e.what() = DB::Exception, e.what() = DB::Exception',
            },
    })
    const to = exporterTo({ endpoint: server.url, shutdownTimeoutMs: 1 })
    await exported(to, spans(2))
    await expect
      .poll(() => statsOf(to).lastError)
      .toBe('ClickHouse error 36: There was an error on [ch2:9000]: No macro shard in config')
    expect(statsOf(to)).toMatchObject({ waiting: 2, dropped: {} })
  })

  test.each([36, 43, 44, 53, 62, 70, 117, 450, 497])(
    'that cannot be created (code %i) costs no rows: they are held',
    async (code) => {
      const refusal = {
        status: 400,
        code,
        body: `Code: ${code}. DB::Exception: No. (NO) (version 26.7)`,
      }
      const server = await scriptedServer({
        each: ({ isInsert, statement }) =>
          isInsert ? MISSING : statement.startsWith('CREATE TABLE') ? refusal : 'ok',
      })
      const to = exporterTo({ endpoint: server.url })
      expect(await exported(to, spans(2))).toEqual({ code: 0 })
      expect(statsOf(to)).toMatchObject({ waiting: 2, dropped: {}, failing: true })
      expect(server.requests.length).toBeLessThan(5)
    },
  )
})
