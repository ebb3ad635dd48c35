import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DoctorRun, runDoctor } from '../kit/run-doctor.js'
import { scriptedServer } from '../kit/scripted-server.js'

const PASSWORD = 'not-to-be-seen'
const user = (name: string, rest: object) => ({ name, password: PASSWORD, ...rest })
let server: ClickHouseServer

beforeAll(async () => {
  server = await startClickHouse({
    users: [
      user('insert_only', { grants: ['INSERT ON good.*', 'INSERT ON bare.*'] }),
      user('select_only', { grants: ['SELECT ON good.*'] }),
      user('nothing', { grants: [] }),
      user('sees_no_view', { grants: ['INSERT, SELECT ON viewed.traces'] }),
      user('creator', {
        grants: ['INSERT, SELECT, CREATE TABLE ON absent_there.*', 'INSERT, SELECT ON absent.*'],
      }),
      user('reader1', { readonly: 1 }),
      user('reader2', { readonly: 2 }),
      user('bound', {
        settings: { async_insert: 1, input_format_parallel_parsing: 1 },
        constraints: {
          async_insert: { readonly: true },
          input_format_parallel_parsing: { readonly: true },
        },
      }),
      user('small', { settings: { max_query_size: 20_000 } }),
      user('overridden', {
        settings: { deduplicate_insert: 'disable', timeout_overflow_mode: 'break' },
      }),
      user('rationed', { quota: { intervalSeconds: 86_400, queries: 5 } }),
      user('tight', { quota: { intervalSeconds: 86_400, queries: 100 } }),
    ],
  })
  await make('good')
})
afterAll(() => server?.stop())

async function make(database: string, table?: (ddl: string) => string): Promise<void> {
  for (const statement of flatTraces.ddl({ database }))
    await server.query(
      statement.startsWith('CREATE TABLE') ? (table?.(statement) ?? statement) : statement,
    )
}

function examine(
  database: string,
  {
    username,
    args = [],
    ...more
  }: { username?: string; args?: string[] } & Record<string, unknown> = {},
): Promise<DoctorRun> {
  const options = {
    ENDPOINT: server.url,
    DATABASE: database,
    ...(username !== undefined && { USERNAME: username, PASSWORD }),
    ...more,
  }
  const env = Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      `OTEL_EXPORTER_CLICKHOUSE_${name}`,
      String(value),
    ]),
  )
  return runDoctor(['--json', ...args], { env: { ...env, OTEL_TRACES_EXPORTER: 'clickhouse' } })
}

const levels = (run: DoctorRun, check: string) => run.of(check).map(({ level }) => level)

test('a server where all is well gets exit code 0, and the test span is gone again', async () => {
  const run = await examine('good')
  expect(
    run.json.findings.filter(({ level }) => level === 'warning' || level === 'problem'),
  ).toEqual([])
  expect(run.code).toBe(0)
  expect(run.of('test-span').map(({ text }) => text)).toEqual([
    'sent by the exporter, and found once with the same attributes',
    'removed again',
  ])
  expect(await server.query('SELECT count() FROM good.traces')).toBe('0\n')
})

test('with --no-test-span nothing is inserted', async () => {
  const run = await examine('good', { args: ['--no-test-span'] })
  expect(run.of('test-span')).toMatchObject([{ level: 'skipped' }])
  expect(run.code).toBe(0)
})

test('the native port is recognised, and the HTTP port named', async () => {
  const run = await examine('good', { ENDPOINT: `http://127.0.0.1:${server.tcpPort}` })
  expect(run.of('http')).toMatchObject([{ level: 'problem', fix: expect.stringContaining('8123') }])
})

test.each(['otel', 'otel_json'])(
  'the schema %s of the Collector is created, checked and left empty, with the table beside it',
  async (schema) => {
    const database = `collector_${schema}`
    const run = await examine(database, { SCHEMA: schema, args: ['--fix', '--yes'] })
    expect(run.json.mended?.map(({ result }) => result)).toEqual(['done', 'done', 'done', 'done'])
    expect(run.of('test-span').map(({ text }) => text)).toEqual([
      'sent by the exporter, and found once with the same attributes',
      'removed again',
    ])
    expect(run.code).toBe(0)
    for (const table of ['otel_traces', 'otel_traces_trace_id_ts'])
      expect(await server.query(`SELECT count() FROM ${database}.${table}`)).toBe('0\n')
  },
)

describe('credentials', () => {
  test('a wrong password is a problem of the credentials, not of the network', async () => {
    const run = await examine('good', { username: 'reader1', PASSWORD: 'wrong-secret' })
    expect(run.code).toBe(2)
    expect(levels(run, 'http')).toEqual(['ok'])
    expect(run.of('credentials')).toMatchObject([
      { level: 'problem', text: expect.stringContaining('does not accept the user reader1') },
    ])
    expect(JSON.stringify(run)).not.toContain('wrong-secret')
  })

  test('what needs them is skipped, and says because of what', async () => {
    const run = await examine('good', { username: 'nobody' })
    expect(run.of('version')).toMatchObject([
      { level: 'skipped', text: 'not checked, because of: credentials' },
    ])
  })
})

describe('rights', () => {
  test('a missing INSERT is a problem with its GRANT for an administrator', async () => {
    const run = await examine('good', { username: 'select_only' })
    const [finding] = run.of('rights')
    expect(finding).toMatchObject({
      level: 'problem',
      text: expect.stringContaining('may not INSERT'),
    })
    expect(finding?.commands).toEqual([
      { kind: 'sql', text: 'GRANT INSERT ON `good`.`traces` TO `select_only`;', isSafe: false },
    ])
  })

  test('the GRANT names the user that ClickHouse sees, whoever the options name', async () => {
    const HEADERS = `X-ClickHouse-User=select_only,X-ClickHouse-Key=${PASSWORD}`
    const [finding] = (await examine('good', { HEADERS })).of('rights')
    expect(finding?.commands[0]?.text).toBe('GRANT INSERT ON `good`.`traces` TO `select_only`;')
  })

  test('a missing SELECT is a warning, and the test span stays', async () => {
    const run = await examine('good', { username: 'insert_only' })
    expect(levels(run, 'rights')).toEqual(['warning'])
    expect(
      run
        .of('test-span')
        .map(({ text }) => text)
        .join(),
    ).toMatch(
      /delivered, but this user cannot read it back.*one span named "spanhouse doctor" stays/,
    )
    expect(run.code).toBe(1)
    await server.query('TRUNCATE TABLE good.traces')
  })

  test('system tables that the user may not read are skipped, with the GRANT', async () => {
    const run = await examine('good', { username: 'insert_only', args: ['--no-test-span'] })
    expect(run.of('parts')).toMatchObject([
      { level: 'skipped', commands: [{ text: 'GRANT SELECT ON system.parts TO `insert_only`;' }] },
    ])
    expect(levels(run, 'disks')).toEqual(['skipped'])
    expect(levels(run, 'mutations')).toEqual(['skipped'])
  })

  test('a user without any rights lacks all that is needed', async () => {
    const run = await examine('good', { username: 'nothing' })
    expect(levels(run, 'rights')).toEqual(['problem', 'warning', 'problem', 'problem'])
    expect(run.of('table')).toMatchObject([{ level: 'skipped' }])
  })

  test('CREATE is needed only for what is missing, and only with manageSchema create', async () => {
    const creating = await examine('absent', { username: 'creator' })
    expect(
      creating
        .of('rights')
        .map(({ text }) => text)
        .join(),
    ).toMatch(/CREATE DATABASE.*CREATE TABLE/)
    const validating = await examine('absent', { username: 'creator', MANAGE_SCHEMA: 'validate' })
    expect(levels(validating, 'rights')).toEqual(['ok'])
  })

  test.each(['reader1', 'reader2'])(
    'the read-only user %s is told so, and no GRANT is offered',
    async (username) => {
      const run = await examine('good', { username })
      expect(run.of('rights')).toMatchObject([
        { level: 'problem', text: expect.stringContaining('readonly is'), commands: [] },
      ])
      expect(levels(run, 'credentials')).toEqual(['ok'])
    },
  )
})

describe('the table', () => {
  test('that is missing is a warning if the exporter creates it, else a problem', async () => {
    const run = await examine('absent')
    expect(run.of('table')).toMatchObject([{ level: 'warning' }])
    expect(run.of('table')[0]?.commands.map(({ text }) => text.split('\n')[0])).toEqual([
      'CREATE DATABASE IF NOT EXISTS `absent`;',
      'CREATE TABLE IF NOT EXISTS `absent`.`traces`',
    ])
    expect(await server.query('EXISTS DATABASE absent')).toBe('0\n')
    expect(levels(await examine('absent', { MANAGE_SCHEMA: 'off' }), 'table')).toEqual(['problem'])
  })

  test.each([
    ['Null', 'problem', 'Null'],
    ['Memory', 'warning', 'Memory'],
    ['Log', 'warning', 'Log'],
    ['Buffer', 'warning', "Buffer('good', 'traces', 1, 1, 1, 1, 1, 1, 1)"],
  ])('of the engine %s is a %s', async (name, level, engine) => {
    const database = `engine_${name.toLowerCase()}`
    await make(database, (ddl) =>
      ddl.replace(/ENGINE = [\s\S]*$/, `ENGINE = ${engine}`).replaceAll(/,?\n {4}INDEX .*/g, ''),
    )
    const run = await examine(database, { args: ['--no-test-span'] })
    expect(run.of('engine')).toMatchObject([{ level, text: expect.stringContaining(name) }])
  })

  test('without columns names them and how to add them; --fix --yes adds them', async () => {
    await make('lacking')
    await server.query(
      'ALTER TABLE lacking.traces DROP COLUMN scope_version, DROP COLUMN `links.trace_state`',
    )
    const run = await examine('lacking')
    expect(run.of('columns')).toMatchObject([
      { level: 'problem', text: '2 columns are missing: scope_version, links.trace_state' },
    ])
    expect(run.code).toBe(2)
    const mended = await examine('lacking', { args: ['--fix', '--yes'] })
    expect(mended.json.mended).toMatchObject([{ result: 'done' }, { result: 'done' }])
    expect(levels(mended, 'columns')).toEqual(['ok'])
    expect(mended.code).toBe(0)
  })

  test('with a column of another type gets a warning', async () => {
    await make('other_type', (ddl) => ddl.replace('`duration_ms` Float64', '`duration_ms` Float32'))
    expect((await examine('other_type')).of('columns')).toMatchObject([
      {
        level: 'warning',
        text: expect.stringContaining('duration_ms is Float32 instead of Float64'),
      },
    ])
  })

  test('with columns of type JSON is a problem', async () => {
    await make('json_there', (ddl) =>
      ddl
        .replace(/`attributes` Map\(LowCardinality\(String\), String\)/, '`attributes` JSON')
        .replaceAll(/\n {4}INDEX idx_attribute_.*/g, ''),
    )
    expect((await examine('json_there', { args: ['--no-test-span'] })).of('columns')).toMatchObject(
      [
        {
          level: 'problem',
          text: expect.stringContaining('of type JSON instead of a map: attributes'),
        },
      ],
    )
  })

  test('without a deduplication window is a warning, which --fix --yes mends', async () => {
    await make('windowless', (ddl) =>
      ddl.replace(/, non_replicated_deduplication_window = \d+/, ''),
    )
    expect((await examine('windowless')).of('deduplication')).toMatchObject([{ level: 'warning' }])
    const mended = await examine('windowless', { args: ['--fix', '--yes'] })
    expect(levels(mended, 'deduplication')).toEqual(['ok'])
  })

  test('with materialised views whose targets remember no tokens gets a warning, and is mended', async () => {
    await make('viewed')
    await server.query('CREATE DATABASE `vie``ws`')
    const view = (name: string, to: string, from = 'viewed.traces') =>
      server.query(
        `CREATE MATERIALIZED VIEW \`vie\`\`ws\`.${name} ${to} AS SELECT trace_id, count() AS n FROM ${from} GROUP BY trace_id`,
      )
    const target = (name: string, engine: string) =>
      server.query(
        `CREATE TABLE \`vie\`\`ws\`.\`${name}\` (trace_id String, n UInt64) ENGINE = ${engine}`,
      )
    expect((await examine('viewed')).of('views')).toMatchObject([
      { level: 'ok', text: 'no materialised view' },
    ])
    await target('knows', 'MergeTree ORDER BY n SETTINGS non_replicated_deduplication_window = 5')
    await view('good', 'TO `vie``ws`.knows')
    expect((await examine('viewed')).of('views')).toMatchObject([
      { level: 'ok', text: expect.stringContaining('1 materialised view') },
    ])
    await target('it``s', 'SummingMergeTree ORDER BY trace_id')
    await target('nothing', 'Null')
    await view('sums', 'TO `vie``ws`.`it``s`')
    await view('passes', 'TO `vie``ws`.nothing')
    await view('inner', 'ENGINE = MergeTree ORDER BY n', '`vie``ws`.nothing')
    const run = await examine('viewed')
    expect(run.of('views')).toMatchObject([
      {
        level: 'warning',
        text: 'a retry after a lost answer stores rows twice in 2 materialised views: vie`ws.sums, vie`ws.inner',
      },
    ])
    expect((await examine('viewed', { username: 'sees_no_view' })).of('views')).toMatchObject([
      { level: 'skipped', text: expect.stringMatching(/may not see \d materialised views/) },
    ])
    const mended = await examine('viewed', { args: ['--fix', '--yes'] })
    expect(mended.of('views')).toMatchObject([
      { level: 'ok', text: expect.stringContaining('4 materialised views') },
    ])
    await target('memory', 'Memory')
    await view('lost', 'TO `vie``ws`.memory')
    expect((await examine('viewed')).of('views')).toMatchObject([
      {
        level: 'warning',
        text: expect.stringMatching(/1 materialised view: vie`ws\.lost$/),
        commands: [],
      },
    ])
  })

  test('without the TTL that the options ask for is a warning; its statement is left to a person', async () => {
    expect((await examine('good')).of('ttl')).toMatchObject([
      { level: 'ok', text: expect.stringContaining('none') },
    ])
    const run = await examine('good', { TTL: '30d', args: ['--fix', '--yes'] })
    expect(run.of('ttl')).toMatchObject([
      {
        level: 'warning',
        commands: [{ text: expect.stringContaining('MODIFY TTL'), isSafe: false }],
      },
    ])
    expect(
      await server.query("SELECT engine_full FROM system.tables WHERE database = 'good'"),
    ).not.toContain('TTL')
  })

  test('with many parts in a partition is under pressure', async () => {
    await make('pressed', (ddl) =>
      ddl.replace(
        'SETTINGS ',
        'SETTINGS parts_to_delay_insert = 6, parts_to_throw_insert = 9, max_parts_to_merge_at_once = 2, ',
      ),
    )
    await server.query('SYSTEM STOP MERGES pressed.traces')
    const insert = (id: number) =>
      server.query(`INSERT INTO pressed.traces (trace_id) VALUES ('${id}')`)
    for (let id = 0; id < 3; id++) await insert(id)
    const args = ['--no-test-span']
    expect((await examine('pressed', { args })).of('parts')).toMatchObject([
      { level: 'warning', text: expect.stringContaining('will be slowed down from 6') },
    ])
    for (let id = 3; id < 9; id++) await insert(id)
    expect((await examine('pressed', { args })).of('parts')).toMatchObject([
      { level: 'problem', text: expect.stringMatching(/9 active parts.*refused/) },
    ])
  })

  test('with a mutation that fails says why', async () => {
    await make('mutating')
    await server.query("INSERT INTO mutating.traces (trace_id) VALUES ('x')")
    // The server answers with the reason, and keeps the mutation.
    await server
      .query('ALTER TABLE mutating.traces UPDATE duration_ns = toUInt64(trace_id) WHERE 1')
      .catch(() => {})
    await expect
      .poll(() =>
        server.query(
          "SELECT latest_fail_reason != '' FROM system.mutations WHERE database = 'mutating'",
        ),
      )
      .toBe('1\n')
    expect((await examine('mutating', { args: ['--no-test-span'] })).of('mutations')).toMatchObject(
      [{ level: 'warning', text: expect.stringMatching(/has waited.*Cannot parse string/) }],
    )
  })
})

describe('the profile', () => {
  test('with settings that the exporter overrides is ok', async () => {
    expect((await examine('good', { username: 'overridden' })).of('profile')).toMatchObject([
      {
        level: 'ok',
        text: expect.stringMatching(/overrides.*deduplicate_insert.*timeout_overflow_mode/),
      },
    ])
  })

  test('that forbids an essential setting is a problem, and a useful one a warning', async () => {
    const found = (await examine('good', { username: 'bound' })).of('profile')
    expect(found).toMatchObject([
      { level: 'problem', text: expect.stringContaining('async_insert is 1') },
      { level: 'warning', text: expect.stringContaining('input_format_parallel_parsing is 1') },
    ])
  })

  test('with a small max_query_size is a warning', async () => {
    expect((await examine('good', { username: 'small' })).of('profile')).toMatchObject([
      { level: 'warning', text: expect.stringContaining('max_query_size is 20000') },
    ])
  })

  test('a quota that is nearly used up is shown with its use', async () => {
    await use('tight', 75)
    expect(
      (await examine('good', { username: 'tight', args: ['--no-test-span'] })).of('quotas'),
    ).toMatchObject([
      { level: 'warning', text: expect.stringMatching(/^queries: \d\d of 100 used/) },
    ])
  })

  test('a quota that is used up is a problem', async () => {
    await use('rationed', 6)
    expect((await examine('good', { username: 'rationed' })).of('quotas')).toMatchObject([
      { level: 'problem', text: expect.stringMatching(/^queries: \d+ of 5 used/) },
    ])
  })
})

async function use(name: string, queries: number): Promise<void> {
  for (let n = 0; n < queries; n++)
    await fetch(`${server.url}/?user=${name}&password=${PASSWORD}`, {
      method: 'POST',
      body: 'SELECT count() FROM good.traces',
    })
}

test('INSERTs that were refused within the last hour are counted by their code', async () => {
  await server.query(
    `CREATE TABLE IF NOT EXISTS system.query_log (event_date Date, event_time DateTime, type String, query_kind String, user String, exception_code Int32, tables Array(String)) ENGINE = Memory`,
  )
  await server.query(
    "INSERT INTO system.query_log SELECT today(), now() - 60, 'ExceptionWhileProcessing', 'Insert', 'default', 252, [] FROM numbers(3)",
  )
  const [finding] = (await examine('good')).of('insert-errors')
  expect(finding).toMatchObject({
    level: 'warning',
    text: expect.stringContaining('3 INSERTs refused within the last hour: 252 TOO_MANY_PARTS'),
  })
  await server.query('DROP TABLE system.query_log')
})

type Answer = readonly [statement: RegExp, rows: readonly object[]]

/** A server that answers as ClickHouse does, but for the statements that a test gives it. */
async function pretending(
  answers: readonly Answer[],
  more: Record<string, string | string[]> = {},
): Promise<DoctorRun> {
  seen.length = 0
  const fake = await scriptedServer({
    each: ({ method, statement, path, isInsert }) => {
      if (method === 'GET' && path === '/ping') return { status: 200, body: 'Ok.\n' }
      if (isInsert) return 'ok'
      if (/^DELETE/.test(statement))
        return {
          status: 404,
          code: 62,
          body: 'Code: 62. DB::Exception: Syntax error. (SYNTAX_ERROR)',
        }
      seen.push(statement)
      const [, rows = []] = answers.find(([pattern]) => pattern.test(statement)) ?? []
      const form = (row: object) => (statement.includes('JSONCompact') ? Object.values(row) : row)
      const body = rows.map((row) => JSON.stringify(form(row))).join('\n')
      return {
        status: 200,
        headers: { 'x-clickhouse-timezone': 'UTC' },
        body: statement.startsWith('CHECK GRANT') ? '1\n' : body,
      }
    },
  })
  return examine('good', { ENDPOINT: fake.url, args: ['--no-test-span'], ...more })
}
/** The statements of the last run, but for INSERT and DELETE. */
const seen: string[] = []

const PRETEND: readonly Answer[] = [
  [/currentUser\(\) AS user/, [{ user: 'default' }]],
  [/version\(\)/, [{ version: '26.7.1.1' }]],
]
const TABLE = (engine: string): Answer => [/FROM system\.tables/, [{ engine, engine_full: engine }]]

describe('a server as it can be elsewhere', () => {
  test('whose answers are hostile cannot change what a terminal shows, or make us repeat a secret', async () => {
    const evil = 'x\u001b[2J\u001b]8;;http://evil\u0007\u202e\u2028 pass-word-1 y'
    const why = Buffer.from(evil).toString('base64')
    const run = await pretending(
      [
        [/currentUser\(\) AS user/, [{ user: evil }]],
        [/version\(\)/, [{ version: evil }]],
        [/system\.mutations/, [{ id: evil, age: 9999, why }]],
        [/system\.disks/, [{ name: evil, free: 1, total: 100 }]],
        TABLE('MergeTree'),
      ],
      { PASSWORD: 'pass-word-1', USERNAME: 'me' },
    )
    expect(run.of('mutations')).toMatchObject([{ level: 'warning' }])
    const texts = run.json.findings.map(({ text, fix }) => `${text}${fix}`).join('')
    expect(texts).toContain('evil')
    expect(texts).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u)
    expect(run.out).not.toContain('pass-word-1')
  })

  test('whose table is Distributed gets a warning that points to the table behind it', async () => {
    const run = await pretending([...PRETEND, TABLE('Distributed')])
    expect(run.of('engine')).toMatchObject([{ level: 'ok' }])
    expect(run.of('deduplication')).toMatchObject([
      { level: 'warning', fix: expect.stringContaining('behind the Distributed one') },
    ])
  })

  test('that is too old for tokens gets a warning', async () => {
    const run = await pretending([[/version\(\)/, [{ version: '21.8.15.7' }]], ...PRETEND])
    expect(run.of('version')).toMatchObject([
      { level: 'warning', text: expect.stringContaining('21.8.15.7') },
    ])
  })

  test('whose disk is nearly full gets a warning below 10 %, and is a problem below 2 %', async () => {
    const disk = (free: number): Answer =>
      [/system\.disks/, [{ name: 'default', free, total: 1000 }]] as const
    expect(levels(await pretending([...PRETEND, disk(99)]), 'disks')).toEqual(['warning'])
    expect(levels(await pretending([...PRETEND, disk(19)]), 'disks')).toEqual(['problem'])
    expect(levels(await pretending([...PRETEND, disk(101)]), 'disks')).toEqual(['ok'])
  })

  test('whose clock is another is a warning that says by how much', async () => {
    const run = await pretending([...PRETEND, [/now64/, [{ now: Date.now() + 3_700_000 }]]])
    expect(run.of('clock')).toMatchObject([
      { level: 'warning', text: expect.stringContaining('1 hour behind') },
    ])
  })

  test('whose replica is read-only is a problem; one that is late is a warning', async () => {
    const replica = { readonly: 0, queue: 0, delay: 0, active: 2, total: 2 }
    const replicated = (row: object) =>
      pretending([...PRETEND, TABLE('ReplicatedMergeTree'), [/system\.replicas/, [row]]])
    expect(levels(await replicated({ ...replica, readonly: 1 }), 'replication')).toEqual([
      'problem',
    ])
    expect(levels(await replicated({ ...replica, delay: 900 }), 'replication')).toEqual(['warning'])
    expect(levels(await replicated(replica), 'replication')).toEqual(['ok'])
  })
})

describe('the test span, on a server that is too old for DELETE', () => {
  const columns: Answer = [
    /FROM system\.columns/,
    flatTraces.columns.map(({ name, type }) => ({ name, type })),
  ]
  const attributes = {
    'spanhouse.doctor': 'it\'s "quoted", ü, 🦊\n\\',
    'spanhouse.number': '42',
    'spanhouse.flag': 'true',
  }
  const whole = { name: 'spanhouse doctor', attributes }
  const found = (...rows: object[]): Answer => [/AS attributes FROM/, rows]
  const sent = (answer: Answer) =>
    pretending([...PRETEND, TABLE('MergeTree'), columns, answer, [/AS left/, [{ left: '0' }]]], {
      args: [],
    })

  test('is removed by a mutation', async () => {
    const run = await sent(found(whole))
    expect(levels(run, 'test-span')).toEqual(['ok', 'ok'])
    expect(
      seen.filter((one) => /^ALTER TABLE .* DELETE WHERE `trace_id` = '[0-9a-f]{32}'/.test(one)),
    ).toHaveLength(1)
  })

  test('that is there twice is a problem', async () => {
    expect((await sent(found(whole, whole))).of('test-span')[0]).toMatchObject({
      level: 'problem',
      text: 'it is there 2 times',
    })
  })

  test.each([
    ['a Map', { ...attributes, 'spanhouse.doctor': 'it?s' }],
    ['a JSON column', { spanhouse: { doctor: 'it?s', number: '42', flag: true } }],
    ['a JSON column that lost a value', { spanhouse: { number: 42, flag: true } }],
  ])('that comes back altered in %s is a problem that names what differs', async (_, altered) => {
    expect((await sent(found({ ...whole, attributes: altered }))).of('test-span')[0]).toMatchObject(
      {
        level: 'problem',
        text: 'it came back altered (spanhouse.doctor)',
      },
    )
  })

  test('that was taken but is not there is a problem', async () => {
    expect((await sent(found())).of('test-span')[0]).toMatchObject({
      level: 'problem',
      text: 'the server took it, but it is not in the table',
    })
  })
})
