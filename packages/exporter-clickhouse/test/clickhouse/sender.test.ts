import { otelTraces } from '@spanhouse/transform'
import { expect, test } from 'vitest'
import { Batch, isCompressed } from '../../src/batching/batch.js'
import { insertOf } from '../../src/clickhouse/insert.js'
import { openLink } from '../../src/clickhouse/link.js'
import { openSender } from '../../src/clickhouse/sender.js'
import { jsonColumns, type TableNews } from '../../src/clickhouse/tables.js'
import { parseConfig } from '../../src/config/parse-config.js'
import type { Client } from '../../src/http/client.js'
import type { Exchange, Post } from '../../src/http/exchange.js'

const OK = { status: 200, body: '' }
const NO_DATABASE = refusal(404, 81, 'Database telemetry does not exist. (UNKNOWN_DATABASE)')
const NO_TABLE = refusal(404, 60, 'Table default.otel_traces does not exist. (UNKNOWN_TABLE)')
const DENIED = refusal(
  500,
  497,
  "ann: Not enough privileges. To execute this query, it's necessary to have the grant CREATE VIEW ON default.otel_traces_trace_id_ts_mv. (ACCESS_DENIED) (version 26.7.2.1)",
)

test('creates what is missing, and the database only where that is missing', async () => {
  const there = scripted([NO_TABLE, OK, OK, OK, OK])
  expect(await there.attempt()).toMatchObject({ status: 'delivered' })
  expect(there.sent).toEqual(['INSERT', 'TABLE', 'TABLE', 'VIEW', 'INSERT'])

  const missing = scripted([NO_DATABASE, OK, OK, OK, OK, OK])
  expect(await missing.attempt()).toMatchObject({ status: 'delivered' })
  expect(missing.sent).toEqual(['INSERT', 'DATABASE', 'TABLE', 'TABLE', 'VIEW', 'INSERT'])

  const dropped = scripted([NO_TABLE, NO_DATABASE, OK, OK, OK, OK, OK])
  expect(await dropped.attempt()).toMatchObject({ status: 'delivered' })
  expect(dropped.sent).toEqual(['INSERT', 'TABLE', 'DATABASE', 'TABLE', 'TABLE', 'VIEW', 'INSERT'])
})

test('a view that is refused keeps no row back, and is told of', async () => {
  const { attempt, sent, news } = scripted([NO_TABLE, OK, OK, DENIED, OK])
  expect(await attempt()).toMatchObject({ status: 'delivered' })
  expect(sent).toEqual(['INSERT', 'TABLE', 'TABLE', 'VIEW', 'INSERT'])
  expect(news).toMatchObject([
    {
      event: 'companion_refused',
      fix: 'Grant the right: GRANT CREATE VIEW ON default.otel_traces_trace_id_ts_mv TO ann.',
    },
  ])
})

/** The server has no columns of it, and creates the table, the table of the view, and the view. */
const CREATED = [OK, OK, OK, OK]
/** All but two. */
const COLUMNS = {
  status: 200,
  body: otelTraces.columns
    .filter(({ name }) => !['SpanName', 'Duration'].includes(name))
    .map(({ name, type }) => `${JSON.stringify([name, type])}\n`)
    .join(''),
}
const AGAIN = { event: 'created_again', database: 'default', table: 'otel_traces' }

test('a table that has taken rows and is missing now is created again, and that is told; its first creation is not', async () => {
  const { attempt, news } = scripted([NO_TABLE, OK, OK, OK, OK, NO_TABLE, ...CREATED, OK, OK])
  await attempt()
  expect(news).toEqual([])
  expect(await attempt()).toMatchObject({ status: 'delivered' })
  expect(news).toEqual([AGAIN])
  await attempt()
  expect(news).toHaveLength(1)
})

test('it is not told before the table is there again', async () => {
  const { attempt, news } = scripted([OK, NO_TABLE, OK, OK, OK, 'reset', OK, OK, OK, OK])
  await attempt()
  expect(await attempt()).toMatchObject({ status: 'retry' })
  expect(news).toEqual([])
  expect(await attempt()).toMatchObject({ status: 'delivered' })
  expect(news).toEqual([AGAIN])
})

test('it is not told if the server has the table, and misses one that somebody’s view writes into', async () => {
  const { attempt, news } = scripted([OK, NO_TABLE, COLUMNS, OK, OK, OK, OK])
  await attempt()
  expect(await attempt()).toMatchObject({ status: 'delivered' })
  expect(news).toEqual([])
})

test('columns that a table has lost since it took rows are added again, and that is told; those of an older table are not', async () => {
  const lost = refusal(404, 16, 'No such column in table. (NO_SUCH_COLUMN_IN_TABLE)')
  const adding = [lost, COLUMNS, OK, OK, OK]
  const { attempt, news } = scripted([...adding, ...adding])
  expect(await attempt()).toMatchObject({ status: 'delivered' })
  expect(news).toEqual([])
  expect(await attempt()).toMatchObject({ status: 'delivered' })
  expect(news).toEqual([{ ...AGAIN, event: 'added_again', columns: ['SpanName', 'Duration'] }])
})

test('a view whose creation was interrupted is created before any row is sent', async () => {
  const { attempt, sent } = scripted([NO_TABLE, OK, OK, 'reset', OK, OK, OK, OK])
  expect(await attempt()).toMatchObject({ status: 'retry', why: 'ambiguous' })
  expect(await attempt()).toMatchObject({ status: 'delivered' })
  expect(sent).toEqual(['INSERT', 'TABLE', 'TABLE', 'VIEW', 'TABLE', 'TABLE', 'VIEW', 'INSERT'])
})

test('after a refusal the INSERT is asked first: somebody may have created the table by hand', async () => {
  const { attempt, sent } = scripted([NO_TABLE, DENIED, OK])
  expect(await attempt()).toMatchObject({ status: 'retry', why: 'misconfigured' })
  expect(await attempt()).toMatchObject({ status: 'delivered' })
  expect(sent).toEqual(['INSERT', 'TABLE', 'INSERT'])
})

test('a setting that the server does not know is left out of a statement too', async () => {
  const unknown = refusal(404, 115, 'Unknown setting data_type_default_nullable. (UNKNOWN_SETTING)')
  const { attempt, sent, posts } = scripted([NO_TABLE, unknown, OK, OK, OK, OK])
  expect(await attempt()).toMatchObject({ status: 'delivered' })
  expect(sent).toEqual(['INSERT', 'TABLE', 'TABLE', 'TABLE', 'VIEW', 'INSERT'])
  const has = posts.map(({ path }) => path.includes('data_type_default_nullable=0'))
  expect(has).toEqual([false, true, false, false, false, false])
})

/** What a Distributed table adds when one shard has stored its rows, and another has failed. */
const ON_SHARD_0 =
  ': Insertion status:\nWrote 1 blocks and 10 rows on shard 0 replica 0, ch1:9000 (average 0 ms per block)'
const NO_TABLE_THERE = refusal(404, 60, `Table default.local does not exist${ON_SHARD_0}`)
const BAD_ROW = refusal(500, 469, 'Constraint `c` for table default.local is violated')

test.each<[string, string, (Answer | 'reset')[]]>([
  ['the table is created', 'delivered', [NO_TABLE_THERE, OK, OK, OK, OK]],
  ['a row is refused then', 'rejected', [NO_TABLE_THERE, OK, OK, OK, BAD_ROW]],
  ['the table cannot be created', 'retry', [NO_TABLE_THERE, DENIED]],
  [
    'columns are added',
    'delivered',
    [refusal(404, 16, `No such column${ON_SHARD_0}`), COLUMNS, OK, OK, OK],
  ],
  [
    'columns cannot be added',
    'retry',
    [refusal(404, 16, `No such column${ON_SHARD_0}`), COLUMNS, DENIED],
  ],
  [
    'a setting is left out',
    'delivered',
    [refusal(404, 115, `Unknown setting log_comment${ON_SHARD_0}`), OK],
  ],
  [
    'a setting may be left out',
    'delivered',
    [refusal(404, 452, `Setting log_comment should not be changed${ON_SHARD_0}`), OK],
  ],
  [
    'a setting may not be left out',
    'retry',
    [refusal(404, 452, `Setting limit should not be changed${ON_SHARD_0}`), { ...OK, body: '5' }],
  ],
])(
  'shards that have stored their rows are not forgotten when %s: %s',
  async (_, status, answers) => {
    expect(await scripted(answers).attempt()).toMatchObject({ status, partly: true })
  },
)

test('an INSERT that was sent twice is not forgotten when the table is created after it', async () => {
  const { attempt } = scripted([{ ...NO_TABLE, replayed: true }, OK, OK, OK, OK])
  expect(await attempt()).toMatchObject({ status: 'delivered', replayed: true })
})

const [CONFIG] = parseConfig('traces', { schema: 'otel' }, {}).destinations

test('columns of type JSON are found where the schema has another type', () => {
  if (!CONFIG) throw new Error('no destination')
  const there = new Map([
    ['ResourceAttributes', 'JSON(max_dynamic_paths=100)'],
    ['SpanAttributes', 'Map(LowCardinality(String), String)'],
    ['Events.Attributes', 'Array(JSON)'],
    ['ResourceAttributesKeys', 'Array(LowCardinality(String))'],
    ['Other', 'JSON'],
  ])
  expect(jsonColumns(CONFIG.targets[0], there)).toEqual(['ResourceAttributes', 'Events.Attributes'])
  expect(jsonColumns(CONFIG.targets[0], new Map())).toEqual([])
})

test('columns that are of type JSON in the schema too are no fault', () => {
  if (!CONFIG) throw new Error('no destination')
  const columns = [
    { name: 'a', type: 'JSON(max_dynamic_paths=1)' },
    { name: 'b', type: "Object('json')" },
  ]
  const [traces] = CONFIG.targets
  const target = {
    ...traces,
    schema: { ...traces.schema, columns } as unknown as typeof traces.schema,
  }
  const there = new Map([
    ['a', 'JSON'],
    ['b', "Object('json')"],
  ])
  expect(jsonColumns(target, there)).toEqual([])
})

interface Answer {
  status: number
  code?: number
  body: string
  replayed?: boolean
}

function refusal(status: number, code: number, message: string): Answer {
  return { status, code, body: `Code: ${code}. DB::Exception: ${message}` }
}

/** A sender whose server gives these answers, one after the other. */
function scripted(answers: (Answer | 'reset')[]) {
  const config = CONFIG
  if (!config) throw new Error('no destination')
  const posts: Post[] = []
  const sent: string[] = []
  const news: TableNews[] = []
  const client: Client = {
    async send(post): Promise<Exchange> {
      const answer = answers[posts.length]
      posts.push(post)
      const statement = new URLSearchParams(post.path.slice(2)).get('query') ?? String(post.body)
      sent.push(
        /^(INSERT)|^CREATE (?:MATERIALIZED )?(\w+)/.exec(statement)?.slice(1).join('') ?? '',
      )
      if (answer === undefined) throw new Error('no answer is left')
      if (answer === 'reset')
        return { error: new Error('reset'), bodyStarted: true, timedOut: false }
      const { status, code = 0, body, replayed = false } = answer
      const headers = code ? { 'x-clickhouse-exception-code': String(code) } : {}
      return { reply: { status, headers, body, complete: true }, replayed }
    },
    close() {},
  }
  const target = config.targets[0]
  const sender = openSender(config, (one) => news.push(one), openLink(config, client))
  async function attempt() {
    if (!config) throw new Error('no destination')
    const batch = Batch.seal(['{}'], config.compression)
    await batch.compress(config.compression)
    if (!isCompressed(batch)) throw new Error('not pressed')
    return sender.attempt(batch, insertOf(target, config, batch), target, {
      deadlineMs: 1000,
      repeatable: true,
      pingFirst: false,
    })
  }
  return { attempt, sent, posts, news }
}
