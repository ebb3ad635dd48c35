import { DiagLogLevel, diag } from '@opentelemetry/api'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { exported, exporterTo, spans } from '../../../../test/kit/exporters.js'
import { type Behaviour, namesIn, scriptedServer } from '../../../../test/kit/scripted-server.js'
import { expectAllToAddUp, statsOf } from '../../../../test/kit/stats.js'
import { makeSpan } from '../../../transform/test/spans.js'

afterEach(() => diag.disable())

describe('a server that refuses', () => {
  test('the password keeps the rows waiting, and is not asked again at once', async () => {
    const log = { error: vi.fn(), warn: vi.fn(), info: vi.fn(), debug: vi.fn(), verbose: vi.fn() }
    diag.setLogger(log, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true })
    const server = await scriptedServer({
      status: 403,
      code: 516,
      body: 'Code: 516. DB::Exception: u: Authentication failed',
    })
    const to = exporterTo({ endpoint: server.url, username: 'u', password: 'canary-5ecret' })
    for (let n = 0; n < 5; n++) expect(await exported(to, spans(1))).toEqual({ code: 0 })
    await expect(to.forceFlush({ timeoutMs: 60 })).rejects.toThrow('primary (5 rows)')
    expect(server.requests.length).toBeLessThanOrEqual(4)
    expect(statsOf(to)).toMatchObject({ waiting: 5, dropped: {} })
    const warnings = log.warn.mock.calls.map((call) => call.join(' '))
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('Check `username` and `password`')
    expect(JSON.stringify([log.warn.mock.calls, log.error.mock.calls, to.stats()])).not.toContain(
      'canary',
    )
  })

  test('a setting of ours is not sent it again', async () => {
    const server = await scriptedServer([
      { status: 404, code: 115, body: 'Code: 115. DB::Exception: Unknown setting log_comment' },
      { status: 404, code: 115, body: 'Code: 115. DB::Exception: Unknown setting async_insert' },
    ])
    const to = exporterTo({ endpoint: server.url })
    expect(await exported(to, spans(1))).toEqual({ code: 0 })
    expect(await exported(to, spans(1))).toEqual({ code: 0 })
    expect(server.inserts).toHaveLength(4)
    const last = server.inserts.at(-1)?.query
    expect(last?.has('log_comment')).toBe(false)
    expect(last?.has('async_insert')).toBe(false)
    expect(last?.has('insert_deduplication_token')).toBe(true)
  })

  test.each(['async_insert', 'max_threads', 'toString', 'nonsense'])(
    'the setting %s again and again is not asked again and again',
    async (setting) => {
      const server = await scriptedServer({
        status: 404,
        code: 115,
        body: `Code: 115. DB::Exception: Unknown setting ${setting}`,
      })
      const to = exporterTo({ endpoint: server.url, settings: { max_threads: 1 } })
      expect(await exported(to, spans(1))).toEqual({ code: 0 })
      await expect(to.forceFlush({ timeoutMs: 50 })).rejects.toThrow()
      expect(server.requests.length).toBeLessThanOrEqual(3)
      expect(statsOf(to)).toMatchObject({ waiting: 1, dropped: {} })
    },
  )

  function poisoned(hint: (badRow: number) => string) {
    return {
      each({ rows }: { rows: Record<string, unknown>[] }): Behaviour {
        const bad = rows.findIndex((row) => String(row['span_name']).startsWith('bad'))
        if (bad < 0) return 'ok'
        return {
          status: 400,
          code: 27,
          body: `Code: 27. DB::Exception: Cannot parse input: ${hint(bad)}`,
        }
      },
    }
  }

  const hints: [string, (bad: number) => string][] = [
    ['with the row', (bad) => `(at row ${bad + 1})`],
    ['without the row', () => ''],
    ['with a wrong row', () => '(at row 1)'],
    ['with a row that cannot be', () => '(at row 0)'],
    ['with a row beyond the end', () => '(at row 5000)'],
    ['with a row out of a span', (bad) => `before '(at row 0)': (at row ${bad + 1})`],
  ]
  test.each(hints)('one row of a thousand, %s, takes the others', async (_, hint) => {
    for (const position of [0, 500, 999]) {
      const server = await scriptedServer(poisoned(hint))
      const to = exporterTo({ endpoint: server.url })
      const rows = spans(1000)
      rows[position] = makeSpan({ name: 'bad' })
      to.export(rows, () => {})
      await to.forceFlush()
      expect(statsOf(to)).toMatchObject({
        accepted: 1000,
        delivered: 999,
        dropped: { rejected: 1 },
      })
      expect(new Set(namesIn(server)).size).toBe(999)
      expect(server.rows).toHaveLength(999)
      expect(server.inserts.length).toBeLessThanOrEqual(2 * 10 + 4)
      expectAllToAddUp(to)
    }
  })

  test('two rows, side by side', async () => {
    const server = await scriptedServer(poisoned(() => ''))
    const to = exporterTo({ endpoint: server.url })
    to.export([...spans(40), ...spans(2, 'bad'), ...spans(40, 'more')], () => {})
    await to.forceFlush()
    expect(statsOf(to)).toMatchObject({ delivered: 80, dropped: { rejected: 2 } })
    expect(new Set(namesIn(server)).size).toBe(80)
  })

  test('a batch for its size gets it in parts', async () => {
    const server = await scriptedServer({
      each: ({ rows }) => (rows.length > 10 ? { status: 413 } : 'ok'),
    })
    const to = exporterTo({ endpoint: server.url })
    to.export(spans(100), () => {})
    await to.forceFlush()
    expect(new Set(namesIn(server)).size).toBe(100)
    expect(server.rows).toHaveLength(100)
    expect(statsOf(to)).toMatchObject({ delivered: 100, dropped: {} })
  })

  test('a row for its size loses that row', async () => {
    const server = await scriptedServer({ status: 413 })
    const to = exporterTo({ endpoint: server.url })
    to.export(spans(3), () => {})
    await to.forceFlush()
    expect(statsOf(to)).toMatchObject({ dropped: { too_large: 3 } })
  })

  test('a batch in a view gets all of it again: its rows are written', async () => {
    const server = await scriptedServer([
      {
        status: 500,
        code: 6,
        body: "Code: 6. DB::Exception: Cannot parse string 'x' as UInt64: while pushing to view db.v (3c4f5d9e-5b1c-4b1e-9c8e-0a1b2c3d4e5f). (CANNOT_PARSE_TEXT) (version 26.7.2.1)",
      },
    ])
    const to = exporterTo({ endpoint: server.url })
    to.export(spans(4), () => {})
    await to.forceFlush()
    expect(server.inserts.map(({ rows }) => rows.length)).toEqual([4, 4])
    expect(server.rows).toHaveLength(4)
  })
})

test('what is said shows no value of a row', async () => {
  const lines: string[] = []
  const say = (...args: unknown[]) => void lines.push(args.map(String).join(' '))
  diag.setLogger(
    { error: say, warn: say, info: say, debug: say, verbose: say },
    { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true },
  )
  const server = await scriptedServer({
    status: 400,
    code: 27,
    body: `Code: 27. DB::Exception: Cannot parse input: expected '"' before: 'canary-4711': (at row 1)`,
  })
  const to = exporterTo({ endpoint: server.url })
  const result = await exported(to, [makeSpan({ attributes: { secret: 'canary-4711' } })])
  await to.shutdown()
  expect(lines.length).toBeGreaterThan(0)
  expect(lines.join('\n')).not.toContain('canary')
  expect(JSON.stringify(to.stats())).not.toContain('canary')
  expect(String(result.error)).not.toContain('canary')
})
