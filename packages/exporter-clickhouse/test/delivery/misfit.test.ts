import type { ServerResponse } from 'node:http'
import { flatTraces } from '@spanhouse/transform'
import { describe, expect, onTestFinished, test } from 'vitest'
import { processorTo, spans } from '../../../../test/kit/exporters.js'
import { eventually, until } from '../../../../test/kit/patience.js'
import {
  type Behaviour,
  type Received,
  scriptedServer,
} from '../../../../test/kit/scripted-server.js'
import { deduplicationKnown, statsOf } from '../../../../test/kit/stats.js'
import { clock } from '../../src/common/clock.js'
import type { Options } from '../../src/config/options.js'

const refusal = (code: number, text = 'no'): Behaviour => ({
  status: 400,
  code,
  body: `Code: ${code}. DB::Exception: ${text}`,
})
const AWAY: Behaviour = { status: 503 }
const isBad = ({ rows }: Received) => rows.some((row) => String(row['span_name']).startsWith('bad'))

interface Table {
  /** Types of columns that differ from ours. */
  readonly differing: Readonly<Record<string, string>>
  readonly refuses: (request: Received) => boolean
  readonly code?: number
  /** What else it does with an INSERT. */
  readonly onInsert?: (request: Received) => Behaviour | undefined
  /** What it says of its columns at the nth question, counted from 1, if not their types. */
  readonly onQuestion?: (nth: number) => Behaviour | undefined
}

/** A server with a table of spans. */
async function serverWith(table: Table) {
  const columns = () =>
    flatTraces.columns.map(({ name, type }) => `["${name}","${table.differing[name] ?? type}"]\n`)
  let questions = 0
  const server = await scriptedServer({
    each(request) {
      if (request.statement.includes('system.columns'))
        return table.onQuestion?.(++questions) ?? { status: 200, body: columns().join('') }
      if (!request.isInsert) return 'ok'
      const otherwise = table.refuses(request) ? refusal(table.code ?? 27) : 'ok'
      return table.onInsert?.(request) ?? otherwise
    },
  })
  const asked = () =>
    server.requests.filter(({ statement }) => statement.includes('system.columns')).length
  return { server, asked }
}

const MODES = ['create', 'validate', 'off'] as const
const processorOf = (url: string, manageSchema: Options['manageSchema']) =>
  processorTo({ endpoint: url, ...(manageSchema && { manageSchema }) })

describe.each(MODES)('with manageSchema: %s, before the table has taken any rows,', (mode) => {
  test.each([
    ['cannot be parsed', 6],
    ['is too long for a FixedString', 131],
    ['is no address', 675],
  ])('a value that %s waits if a column has another type than ours', async (_, code) => {
    const table = { differing: { environment: 'UInt64' }, refuses: () => true, code }
    const { server } = await serverWith(table)
    const to = processorOf(server.url, mode)
    for (const span of spans(8)) to.onEnd(span)
    void to.forceFlush({ timeoutMs: 1 }).catch(() => {})
    await eventually(() => expect(statsOf(to).failing).toBe(true))
    expect(statsOf(to)).toMatchObject({ waiting: 8, dropped: {} })
    expect(server.inserts).toHaveLength(1)
  })

  test('a bad row is cut out at once if the columns have our types, and the server is asked about them once', async () => {
    const { server, asked } = await serverWith({ differing: {}, refuses: isBad })
    const to = processorOf(server.url, mode)
    for (const span of [...spans(7), ...spans(1, 'bad')]) to.onEnd(span)
    await to.forceFlush()
    expect(statsOf(to)).toMatchObject({ delivered: 7, dropped: { rejected: 1 } })
    expect(asked()).toBeLessThanOrEqual(2) // the other time after the first success
  })
})

test('a type that holds all our values is no reason to wait', async () => {
  const differing = { environment: 'String', duration_ns: 'UInt128' }
  const { server } = await serverWith({ differing, refuses: isBad })
  const to = processorOf(server.url, 'create')
  for (const span of [...spans(7), ...spans(1, 'bad')]) to.onEnd(span)
  await to.forceFlush()
  expect(statsOf(to)).toMatchObject({ delivered: 7, dropped: { rejected: 1 } })
})

test('a bad row waits in front of a table that differs only until the table has taken others', async () => {
  const held: { bad?: ServerResponse; good?: ServerResponse } = {}
  const { server } = await serverWith({
    differing: { environment: 'UUID' },
    refuses: isBad,
    onInsert: (request) => {
      const which = isBad(request) ? 'bad' : 'good'
      if (held[which]) return undefined
      return (_, response) => {
        held[which] = response
      }
    },
  })
  const to = processorTo({ endpoint: server.url, batch: { maxRows: 4 }, asyncInsert: true })
  for (const span of [...spans(3), ...spans(1, 'bad'), ...spans(4, 'good')]) to.onEnd(span)
  await eventually(() => expect(Object.keys(held)).toHaveLength(2))
  held.bad
    ?.writeHead(400, { 'x-clickhouse-exception-code': '27' })
    .end('Code: 27. DB::Exception: no')
  await eventually(() => expect(statsOf(to).failing).toBe(true))
  expect(statsOf(to)).toMatchObject({ waiting: 8, delivered: 0, dropped: {} })
  held.good?.end()
  await eventually(() => expect(statsOf(to).delivered).toBeGreaterThanOrEqual(4))
  // It is known when the server has been asked about the table, which comes after a first success.
  await eventually(() => expect(statsOf(to).deduplication).toBe('ineffective'))
  await to.forceFlush()
  expect(statsOf(to)).toMatchObject({ delivered: 7, dropped: { rejected: 1 } })
})

test('the form of the rows is changed before the columns are blamed', async () => {
  const isCompact = ({ query }: Received) => query.get('query')?.includes(' FROM input(') === true
  const { server, asked } = await serverWith({
    differing: { environment: 'UUID' },
    refuses: isCompact,
    code: 53,
  })
  const to = processorOf(server.url, 'create')
  for (const span of spans(4)) to.onEnd(span)
  await to.forceFlush()
  expect(statsOf(to)).toMatchObject({ delivered: 4, dropped: {} })
  expect(server.inserts.map(isCompact)).toEqual([true, false])
  expect(asked()).toBeLessThanOrEqual(1)
})

test('whole rows that are refused too wait as compact ones do', async () => {
  const table = { differing: { environment: 'UInt64' }, refuses: () => true, code: 53 }
  const { server } = await serverWith(table)
  const to = processorTo({
    endpoint: server.url,
    retry: { initialDelayMs: 600_000, maxDelayMs: 600_000 },
  })
  for (const span of spans(4)) to.onEnd(span)
  void to.forceFlush({ timeoutMs: 1 }).catch(() => {})
  await eventually(() => expect(statsOf(to).failing).toBe(true))
  expect(statsOf(to)).toMatchObject({ waiting: 4, dropped: {} })
  expect(server.inserts).toHaveLength(2)
})

const hasDropped = (to: Parameters<typeof statsOf>[0]) =>
  Object.keys(statsOf(to).dropped).length > 0

describe('a batch that was divided because of its size', () => {
  const divides = [
    ['413 of a proxy', { status: 413 }],
    ['too many bytes', refusal(307)],
    ['memory of a query', refusal(241, 'Query memory limit exceeded')],
  ] as const
  // 400 KB together: a smaller batch would not need less memory.
  const large = (n: number) => spans(1, `large ${n}`, { bytes: String(n).repeat(50_000) })

  test.each(divides)('waits if a column has another type than ours: %s', async (_, tooLarge) => {
    const { server, asked } = await serverWith({
      differing: { environment: 'UInt64' },
      refuses: () => true,
      onInsert: ({ rows }) => (rows.length > 4 ? tooLarge : undefined),
    })
    const to = processorTo({ endpoint: server.url, batch: { maxRows: 8 } })
    for (let n = 0; n < 8; n++) for (const span of large(n)) to.onEnd(span)
    await until(() => asked() > 0 || hasDropped(to))
    await eventually(() => expect(statsOf(to).lastError).toContain('27'))
    expect(statsOf(to)).toMatchObject({ waiting: 8, dropped: {} })
  })

  test('loses only its bad row if the columns have our types, and each of its parts asks about them once', async () => {
    const { server, asked } = await serverWith({
      differing: {},
      refuses: isBad,
      onInsert: ({ rows }) => (rows.length > 8 ? { status: 413 } : undefined),
    })
    const to = processorOf(server.url, 'create')
    for (const span of [...spans(15), ...spans(1, 'bad')]) to.onEnd(span)
    await to.forceFlush()
    expect(statsOf(to)).toMatchObject({ delivered: 15, dropped: { rejected: 1 } })
    expect(asked()).toBeLessThanOrEqual(2) // the other time after the first success
  })
})

test('the rest of a batch that is searched for its bad row waits if somebody changes a column during an outage', async () => {
  const differing: Record<string, string> = {}
  let server: 'well' | 'away' | 'back' = 'well'
  const {
    server: { url },
    asked,
  } = await serverWith({
    differing,
    refuses: (request) => differing['environment'] !== undefined || isBad(request),
    onInsert: ({ rows }) => {
      if (server === 'well' && rows.length === 4) server = 'away'
      return server === 'away' ? AWAY : undefined
    },
  })
  const to = processorTo({ endpoint: url, batch: { maxRows: 8 } })
  for (const span of [...spans(7), ...spans(1, 'bad')]) to.onEnd(span)
  await until(() => server === 'away')
  expect(asked()).toBe(1)
  const now = clock.now
  clock.now = () => now() + 600_000
  onTestFinished(() => {
    clock.now = now
  })
  differing['environment'] = 'UInt64'
  server = 'back'
  await until(() => asked() > 1 || hasDropped(to))
  await eventually(() => expect(statsOf(to).lastError).toContain('27'))
  expect(statsOf(to)).toMatchObject({ waiting: 8, dropped: {} })
})

describe('a question about the columns', () => {
  const NO_ANSWERS: readonly [string, Behaviour][] = [
    ['too many queries', { status: 500, code: 202, body: 'Code: 202. DB::Exception: Too many' }],
    ['a proxy without a backend', AWAY],
    ['a connection that breaks', 'reset'],
  ]
  const fewRows = (to: ReturnType<typeof processorTo>) => {
    for (const span of [...spans(7), ...spans(1, 'bad')]) to.onEnd(span)
  }

  test('of a table with 5000 of them finds the one that has another type', async () => {
    const others = Array.from({ length: 5000 }, (_, n) => `["column ${n}","${'x'.repeat(100)}"]\n`)
    const { server } = await serverWith({
      differing: {},
      refuses: () => true,
      onQuestion: () => ({
        status: 200,
        body: [...others, '["environment","UInt64"]\n'].join(''),
      }),
    })
    const to = processorTo({ endpoint: server.url, batch: { maxRows: 8 } })
    fewRows(to)
    await until(() => statsOf(to).failing || hasDropped(to))
    expect(statsOf(to)).toMatchObject({ waiting: 8, dropped: {} })
  })

  test.each(NO_ANSWERS)(
    'that gets no answer costs no row that would have waited: %s',
    async (_, noAnswer) => {
      const { server, asked } = await serverWith({
        differing: { environment: 'UInt64' },
        refuses: () => true,
        onQuestion: (nth) => (nth < 3 ? noAnswer : undefined),
      })
      const to = processorTo({ endpoint: server.url, batch: { maxRows: 8 } })
      fewRows(to)
      await until(() => asked() >= 3 || hasDropped(to))
      expect(statsOf(to)).toMatchObject({ waiting: 8, dropped: {}, failing: true })
    },
  )

  test.each(NO_ANSWERS)(
    'that gets no answer is asked again, and the bad row cut out then: %s',
    async (_, noAnswer) => {
      const { server } = await serverWith({
        differing: {},
        refuses: isBad,
        onQuestion: (nth) => (nth < 3 ? noAnswer : undefined),
      })
      const to = processorTo({ endpoint: server.url, batch: { maxRows: 8 } })
      fewRows(to)
      await until(() => statsOf(to).waiting === 0)
      expect(statsOf(to)).toMatchObject({ delivered: 7, dropped: { rejected: 1 } })
    },
  )

  test.each(['Back in a minute.', '{"status":"busy"}', '"busy"', '["environment",'])(
    'that gets an answer of somebody else keeps no bad row for ever: %s',
    async (body) => {
      const { server } = await serverWith({
        differing: { environment: 'UInt64' },
        refuses: isBad,
        onQuestion: () => ({ status: 200, body }),
      })
      const to = processorTo({ endpoint: server.url, batch: { maxRows: 8 } })
      fewRows(to)
      await until(() => statsOf(to).waiting === 0)
      expect(statsOf(to)).toMatchObject({ delivered: 7, dropped: { rejected: 1 } })
    },
  )
})

test.each([
  ['says that a column has another type', undefined],
  ['does not answer', AWAY],
])(
  'rows that other shards may have stored count as possible duplicates if they waited because the server %s',
  async (_, answer) => {
    const differing: Record<string, string> = {}
    const { server, asked } = await serverWith({
      differing,
      refuses: () => false,
      onInsert: () =>
        differing['environment']
          ? refusal(27, 'Received from ch2:9000. DB::Exception: no')
          : undefined,
      onQuestion: () => (differing['environment'] ? answer : undefined),
    })
    const to = processorTo({ endpoint: server.url, batch: { maxRows: 8 }, asyncInsert: true })
    for (const span of spans(8)) to.onEnd(span)
    await deduplicationKnown(to)
    differing['environment'] = 'UInt64'
    for (const span of spans(8)) to.onEnd(span)
    await until(() => asked() > 1)
    await until(() => statsOf(to).failing)
    delete differing['environment']
    await until(() => statsOf(to).waiting === 0)
    expect(statsOf(to)).toMatchObject({ delivered: 16, dropped: {}, possibleDuplicates: 8 })
  },
)
