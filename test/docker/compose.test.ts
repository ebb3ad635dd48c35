// compose.yaml where no Docker is at hand: the file against the published schema, and the files that it mounts on a real server.

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'
import {
  flatLogs,
  flatMetrics,
  flatTraces,
  otelLogs,
  otelMetricsExponentialHistogram,
  otelMetricsGauge,
  otelMetricsHistogram,
  otelMetricsSum,
  otelMetricsSummary,
  otelTraces,
} from '@spanhouse/transform'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { parse } from 'yaml'
import { createDeadLetters } from '../../packages/exporter-clickhouse/src/delivery/dead-letter-table.js'
import { k6Samples, k6Thresholds } from '../../packages/spanhouse/src/k6/tables.js'
import { ended, root } from '../examples/run-example.js'
import { flushed, LONG } from '../kit/patience.js'
import { type Server, serverWithFiles } from '../kit/server-with-files.js'
import { shopSpans } from '../kit/shop-spans.js'
import { statsOf } from '../kit/stats.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { withoutProgress } from '../kit/without-progress.js'

const text = readFileSync(join(root, 'compose.yaml'), 'utf8')
const compose = parse(text, { merge: true })
const { clickhouse, west } = compose.services
const services = Object.entries<Service>(compose.services)
interface Service {
  readonly profiles?: readonly string[]
  readonly ports?: readonly string[]
  readonly healthcheck?: object
  readonly build?: object
  readonly volumes?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly depends_on?: object
  readonly command?: readonly string[]
  readonly entrypoint?: readonly string[]
}

const files = readdirSync(join(root, 'docker/init')).sort()
const read = (file: string) => readFileSync(join(root, file), 'utf8')

describe('compose.yaml', () => {
  // dclint has the schema of the Compose Specification in its package, unchanged.
  const schema = JSON.parse(read('node_modules/dclint/schemas/compose.schema.json'))
  const fits = new Ajv({ strict: false, validateSchema: false, validateFormats: false }).compile(
    schema,
  )

  test('fits the schema of the Compose Specification', () => {
    expect(fits(compose), JSON.stringify(fits.errors)).toBe(true)
  })

  test('with a name that the specification does not know, it does not fit', () => {
    expect(fits({ services: { clickhouse: { ...clickhouse, healthchek: {} } } })).toBe(false)
  })

  test('what it mounts is in the repository, read-only, and may be read with SELinux', () => {
    const mounts = services.flatMap(([, { volumes = [] }]) =>
      volumes.filter((one) => one.startsWith('.')),
    )
    expect(mounts).toHaveLength(14)
    for (const mount of mounts) {
      const [from = '', to, how] = mount.split(':')
      expect(existsSync(join(root, from)), from).toBe(true)
      expect(to).toMatch(
        /^\/(docker-entrypoint-initdb\.d|etc\/(clickhouse-server\/(users|config)\.d|prometheus|grafana)\/|repository)/,
      )
      expect(how).toBe('ro,z')
    }
  })

  test('docs/docker.md names each variable with its default, and no other', () => {
    const variables = [...text.matchAll(/\$\{(\w+):-([^}]*)\}/g)].map(([, name, value]) => [
      name,
      value,
    ])
    const rows = read('docs/docker.md').matchAll(/^\| `([A-Z]+_?\w*)` \| `([^`]*)`/gm)
    const distinct = [...new Map(variables.map((one) => [one.join(), one])).values()]
    expect([...rows].map(([, name, value]) => [name, value]).sort()).toEqual(distinct.sort())
    // Every one has a default: without any of them, docker compose says nothing about unset variables.
    expect(text.replaceAll(/\$\{\w+:-|\$\$/g, '')).not.toContain('$')
  })

  test('each port is open on this machine only', () => {
    const ports = services.flatMap(([, { ports = [] }]) => ports)
    expect(ports).toHaveLength(7)
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/)
  })

  test('the variables with passwords in the files of the users are those that the container has', () => {
    const names = ['user', 'reader'].map(
      (file) => /from_env="(\w+)"/.exec(read(`docker/${file}.xml`))?.[1],
    )
    expect(Object.keys(clickhouse.environment)).toEqual(names)
  })

  test('each service that goes on has a health check, so that --wait knows when it is ready', () => {
    const image = read('docker/receiver/Dockerfile')
    const ends = /_sql$|workload/
    for (const [name, service] of services)
      if (!ends.test(name))
        expect(
          service.healthcheck !== undefined || (service.build && image.includes('HEALTHCHECK')),
          name,
        ).toBe(true)
  })

  test('each volume that a service uses is one that `down -v` removes', () => {
    const used = services.flatMap(([, { volumes = [] }]) =>
      volumes.filter((one) => !one.startsWith('.')).map((one) => one.split(':')[0]),
    )
    expect(used.sort()).toEqual(Object.keys(compose.volumes).sort())
  })
})

describe('the profiles of compose.yaml', () => {
  const of = (profile?: string) =>
    services
      .filter(([, { profiles }]) => (profile ? profiles?.includes(profile) : !profiles))
      .map(([name]) => name)

  test('without one, there is ClickHouse alone', () => {
    expect(of()).toEqual(['clickhouse'])
  })

  test('workload, sql and monitor add a second region, applications, clients and graphs', () => {
    expect(of('workload')).toEqual([
      'west',
      'east_workload',
      'west_workload',
      'concurrent_workloads',
    ])
    expect(of('sql')).toEqual(['west', 'east_sql', 'west_sql'])
    expect(of('monitor')).toEqual(['prometheus', 'grafana'])
  })

  test('grafana, prometheus and receiver add one service each', () => {
    for (const name of ['grafana', 'prometheus', 'receiver']) expect(of(name)).toEqual([name])
  })

  test('what a service waits for is there in its own profile', () => {
    for (const [name, { profiles = [], depends_on = {} }] of services) {
      const others = Array.isArray(depends_on) ? depends_on : Object.keys(depends_on)
      for (const other of others) {
        const needed: Service | undefined = compose.services[other]
        expect(needed, other).toBeDefined()
        for (const profile of profiles)
          expect(needed?.profiles?.includes(profile) ?? true, `${name} needs ${other}`).toBe(true)
      }
    }
  })

  test('both regions are the same server, but for port and data', () => {
    const { ports: _, volumes: east, ...rest } = clickhouse
    const { ports: __, volumes: there, profiles: ___, ...other } = west
    expect(other).toEqual(rest)
    expect(there.slice(1)).toEqual(east.slice(1))
  })

  const commands = [
    ...read('docs/docker.md').matchAll(/^((?:\w+=\S+ )*)docker compose (.+?)(?: +#.*)?$/gm),
  ].map(([, variables = '', words = '']) => [variables.trim(), words] as const)

  test.each(commands)(
    '%s docker compose %s names variables, profiles and services that there are',
    (variables, words) => {
      const [, flags = '', verb = '', rest = ''] =
        /^((?:--profile \w+ )*)(\w+) ?(.*)$/.exec(words) ?? []
      const profiles = [...flags.matchAll(/--profile (\w+)/g)].map(([, name]) => name)
      for (const profile of profiles) expect(of(profile), profile).not.toEqual([])
      const named = rest.split(' ').filter((word) => word !== '' && !word.startsWith('-'))
      if (verb === 'up' || verb === 'run')
        for (const name of named) expect(Object.keys(compose.services)).toContain(name)
      if (verb === 'run') expect(named).toHaveLength(1)
      expect(['up', 'run', 'down', 'exec']).toContain(verb)
      for (const [, name] of variables.matchAll(/\b([A-Z_]+)=/g))
        expect(text).toContain(`\${${name}:-`)
    },
  )

  test('docs/docker.md has commands', () => {
    expect(commands.length).toBeGreaterThan(7)
  })

  test('a workload has every variable that the application reads', () => {
    const app = read('examples/active-active/app.mjs') + read('examples/active-active/workload.mjs')
    const { east_workload, west_workload } = compose.services
    for (const { environment, command } of [east_workload, west_workload]) {
      expect(Object.keys(environment).sort()).toEqual([
        'DURATION',
        'EAST',
        'OTEL_EXPORTER_CLICKHOUSE_USERNAME',
        'RATE',
        'REGION',
        'SPANHOUSE_PASSWORD',
        'START',
        'WEST',
      ])
      for (const name of ['DURATION', 'EAST', 'RATE', 'REGION', 'START', 'WEST'])
        expect(app).toMatch(new RegExp(`\\b${name}\\b`))
      const [file = ''] = /[\w/-]+\.mjs/.exec(command.join(' ')) ?? []
      expect(existsSync(join(root, file)), file).toBe(true)
    }
    expect(east_workload.environment.START).toMatch(/START_EAST:-0/)
    expect(west_workload.environment.START).toMatch(/START_WEST:-0/)
  })
})

const FAMILIES = {
  flat: [flatTraces, flatLogs, flatMetrics],
  otel: [
    otelTraces,
    otelLogs,
    otelMetricsGauge,
    otelMetricsSum,
    otelMetricsHistogram,
    otelMetricsExponentialHistogram,
    otelMetricsSummary,
  ],
}

test.each(Object.entries(FAMILIES))(
  'docker/init/%s.sql is what ddl() gives',
  async (name, tables) => {
    const all = new Set(tables.flatMap((table) => table.ddl()))
    const statements = [...all].map((statement) => `${statement};\n`)
    const head = `-- ddl() of @spanhouse/transform for the schema ${name}, all signals: npm test says if they differ.\n`
    const file = join(root, 'docker/init', `${name}.sql`)
    await expect(`${head}\n${statements.join('\n')}`).toMatchFileSnapshot(file)
  },
)

test('docker/init/kv.sql is the table of examples/active-active, and one for its dead letters', async () => {
  const { kv } = await import('../../examples/active-active/table.mjs' as string)
  const letters = createDeadLetters(
    { database: 'telemetry', table: 'dead_letters' },
    { database: 'telemetry', table: 'traces' },
  )
  const statements = [...kv.ddl(), letters].map((statement) => `${statement};\n`)
  const head =
    '-- The table of examples/active-active, and one for its dead letters: npm test says if they differ.\n'
  await expect(`${head}\n${statements.join('\n')}`).toMatchFileSnapshot(
    join(root, 'docker/init/kv.sql'),
  )
})

test('docker/init/k6.sql has the tables of spanhouse k6', async () => {
  const statements = [...new Set([...k6Samples.ddl(), ...k6Thresholds.ddl()])]
  const head = '-- The tables of spanhouse k6: npm test says if they differ.\n'
  await expect(
    `${head}\n${statements.map((statement) => `${statement};\n`).join('\n')}`,
  ).toMatchFileSnapshot(join(root, 'docker/init/k6.sql'))
})

describe('a server with the tables and the user of docker/', () => {
  const password = 's3cret'
  let server: Server
  beforeAll(async () => {
    vi.stubEnv('SPANHOUSE_PASSWORD', password)
    server = await start(files)
  })
  afterAll(() => server?.stop())

  async function start(init: readonly string[]): Promise<Server> {
    const started = await serverWithFiles({
      users: join(root, 'docker/user.xml'),
      config: join(root, 'docker/metrics.xml'),
    })
    for (const file of init)
      for (const statement of read(`docker/init/${file}`)
        .split(/;\n\n?/)
        .slice(0, -1))
        expect(await ask(statement, 'default', '', started)).toEqual({ status: 200, text: '' })
    return started
  }

  async function ask(sql: string, user = 'spanhouse', key = password, at = server) {
    const headers = { 'x-clickhouse-user': user, 'x-clickhouse-key': key }
    const response = await fetch(at.url, { method: 'POST', body: sql, headers })
    return { status: response.status, text: await response.text() }
  }

  test.each([
    ['flat', 'telemetry.traces'],
    ['otel', 'default.otel_traces'],
  ] as const)('the user writes and reads %s', async (schema, table) => {
    const processor = new ClickHouseSpanProcessor({
      endpoint: server.url,
      username: 'spanhouse',
      password,
      schema,
      manageSchema: 'validate',
    })
    for (const span of shopSpans(20)) processor.onEnd(span)
    await flushed(processor)
    expect(statsOf(processor)).toMatchObject({ delivered: 20, dropped: {}, errors: {} })
    await processor.shutdown()
    expect(await ask(`SELECT count() FROM ${table}`)).toEqual({ status: 200, text: '20\n' })
    if (schema === 'otel')
      expect(await ask(`SELECT count() > 0 FROM ${table}_trace_id_ts`)).toMatchObject({
        text: '1\n',
      })
  })

  test.each(
    Object.values(FAMILIES)
      .flat()
      .map(({ database, name, insertColumns }) => [`${database}.${name}`, insertColumns[0]]),
  )('the user may write and read %s', async (table, column) => {
    const sql = `INSERT INTO ${table} (${column}) FORMAT JSONEachRow {}`
    expect(await ask(sql)).toEqual({ status: 200, text: '' })
    expect((await ask(`SELECT count() > 0 FROM ${table}`)).text).toBe('1\n')
  })

  test.each([
    'CREATE TABLE telemetry.mine (a Int8) ENGINE = Memory',
    'DROP TABLE telemetry.traces',
    'ALTER TABLE telemetry.traces DELETE WHERE 1',
    'TRUNCATE TABLE default.otel_traces',
    'CREATE USER ann',
    "SELECT * FROM url('http://127.0.0.1:1', CSV, 'a Int8')",
  ])('the user may not %s', async (sql) => {
    expect(await ask(sql)).toMatchObject({ text: expect.stringContaining('ACCESS_DENIED') })
  })

  test('the dashboard shows metrics that the server has', async () => {
    const response = await fetch(`${server.url}/metrics`)
    const metrics = await response.text()
    const { panels } = JSON.parse(read('docker/monitor/grafana/dashboards/spanhouse.json'))
    const names = JSON.stringify(panels).match(/ClickHouse\w+_\w+/g) ?? []
    expect(names).toHaveLength(6)
    for (const name of names) expect(metrics).toMatch(new RegExp(`^${name} \\d`, 'm'))
  })

  test('the two workloads write as this user, and spanhouse compare --repair makes their rows single', async () => {
    const west = await start(['kv.sql'])
    onTestFinished(() => west.stop())
    const command = 'packages/spanhouse/dist/cli.js'
    const env = {
      ...process.env,
      OTEL_EXPORTER_CLICKHOUSE_USERNAME: 'spanhouse',
      OTEL_EXPORTER_CLICKHOUSE_PASSWORD: password,
    }
    const workload = { EAST: server.url, WEST: west.url, RATE: '20', DURATION: '4s', START: '0' }
    const run = async (args: readonly string[], more: Record<string, string> = {}) => {
      const how = { cwd: root, env: { ...env, ...more } }
      const { exitCode, stdout, stderr } = await ended(process.execPath, args, how)
      const said = withoutProgress(stderr)
      expect({ exitCode, said }).toEqual({ exitCode: 0, said: '' })
      return stdout
    }
    for (const REGION of ['east', 'west'])
      await run(['examples/active-active/app.mjs'], { ...workload, REGION })
    // Both applications write every key to both servers.
    const regions = [server, west]
    const counts = 'SELECT count(), uniqExact(k), uniqExact(_source) FROM telemetry.kv'
    for (const region of regions)
      expect((await ask(counts, 'spanhouse', password, region)).text).toBe('160\t80\t2\n')
    const args = ['compare', '--table', 'telemetry.kv', '--until', 'now', '--repair']
    const out = await run([command, ...args, server.url, west.url])
    expect(out).toContain('80 ids with several contents')
    const letters = 'SELECT count() FROM telemetry.dead_letters'
    for (const region of regions) {
      expect((await ask(counts, 'spanhouse', password, region)).text).toBe('80\t80\t1\n')
      expect((await ask(letters, 'spanhouse', password, region)).text).toBe('80\n')
    }
  })

  /** Runs what a service runs: its command and environment, with these variables for those of the file. */
  function runService(name: string, variables: Record<string, string>, path = '') {
    const { entrypoint = [], command = [], environment = {} }: Service = compose.services[name]
    const values = Object.entries({ ...environment }).map(([key, text]) => [
      key,
      text
        .replaceAll(/\$\{(\w+):-([^}]*)\}/g, (_, of, otherwise) => variables[of] ?? otherwise)
        .replace(/^http:\/\/(clickhouse|west):8123$/, server.url),
    ])
    const [file = '', ...args] = [...entrypoint, ...command].map((one) => one.replaceAll('$$', '$'))
    const PATH = `${path}${dirname(process.execPath)}:${process.env['PATH']}`
    const env = { PATH, ...Object.fromEntries(values), SPANHOUSE_PASSWORD: password }
    return (more: readonly string[] = []) => ended(file, [...args, ...more], { cwd: root, env })
  }

  const WORKLOADS: [region: string, starts: Record<string, string>, first: number][] = [
    ['east', { START_EAST: '100000', START_WEST: '1' }, 100_000],
    ['west', { START_EAST: '1' }, 0],
    ['west', { START_EAST: '100000', START_WEST: '1' }, 1],
  ]
  test.each(LONG ? WORKLOADS : WORKLOADS.slice(0, 2))(
    'the workload of %s alone, with %o, sets keys from %d on, and none of the other region',
    async (region, starts, first) => {
      await ask('TRUNCATE TABLE telemetry.kv', 'default', '')
      const workload = { ...starts, DURATION: '4s', RATE: '10' }
      const { exitCode, stderr } = await runService(`${region}_workload`, workload)()
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
      // Both destinations are this server.
      expect(
        (await ask('SELECT _source, min(k), uniqExact(k), count() FROM telemetry.kv GROUP BY 1'))
          .text,
      ).toBe(`${region}\t${first}\t40\t80\n`)
    },
  )

  test.each(['east', 'west'])(
    '%s_sql asks with the password of the user, and passes on what it is given',
    async (region) => {
      // There is no clickhouse-client here. This one takes its options, and asks the server over HTTP.
      const folder = temporaryDirectory()
      const client = join(folder, 'clickhouse-client')
      const program = `#!${process.execPath}
const options = {}
for (let at = 2; at < process.argv.length; at += 2) options[process.argv[at].slice(2)] = process.argv[at + 1]
const { host, user, password, query } = options
const headers = { 'x-clickhouse-user': user, 'x-clickhouse-key': password }
fetch('${server.url}', { method: 'POST', body: query, headers })
  .then((response) => response.text())
  .then((text) => console.log(host + ': ' + text.trim()))
`
      writeFileSync(client, program, { mode: 0o755 })
      const query = 'SELECT currentUser(), count() >= 0 FROM telemetry.kv'
      const { exitCode, stdout } = await runService(
        `${region}_sql`,
        {},
        `${folder}:`,
      )(['--query', query])
      const host = region === 'east' ? 'clickhouse' : 'west'
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: `${host}: spanhouse\t1\n` })
    },
  )

  test('the command of docs/docker.md compares the two regions', async () => {
    const [, secret, words = ''] =
      /`OTEL_EXPORTER_CLICKHOUSE_PASSWORD=(\w+) npx spanhouse (compare [^`]*)`/.exec(
        read('docs/docker.md'),
      ) ?? []
    expect(secret).toBe('spanhouse') // the default of CLICKHOUSE_PASSWORD
    const args = words.replaceAll(/http:\/\/localhost:\d+/g, server.url).split(' ')
    const env = { ...process.env, OTEL_EXPORTER_CLICKHOUSE_PASSWORD: password }
    const { exitCode, stdout } = await ended(
      process.execPath,
      ['packages/spanhouse/dist/cli.js', ...args],
      { cwd: root, env },
    )
    expect(stdout).toMatch(/Equal: \d+ rows/)
    expect(exitCode).toBe(0)
  })

  test('another password is refused', async () => {
    expect((await ask('SELECT 1', 'spanhouse', 'guess')).text).toContain('AUTHENTICATION_FAILED')
  })

  test('what the health check asks, the user may ask', async () => {
    const [, command] = clickhouse.healthcheck.test
    const headers = Object.fromEntries(
      [...command.matchAll(/--header "([\w-]+): ([^"]+)"/g)].map(([, name, value]) => [
        name,
        value.replace('$$SPANHOUSE_PASSWORD', password),
      ]),
    )
    const [, path] = /"http:\/\/\$\$\(hostname\):8123(\/[^"]+)"/.exec(command) ?? []
    const response = await fetch(server.url + path, { headers })
    expect([response.status, await response.text()]).toEqual([
      200,
      expect.stringMatching(/^\d+\n$/),
    ])
  })

  // Above, this user writes and reads each table that the demo has; test/demo runs it as another user without rights to more.
  test.runIf(LONG)('npm run demo -- --endpoint … runs as this user', async () => {
    const args = ['--endpoint', server.url, '--user', 'spanhouse', '--seconds', '1']
    const env = { ...process.env, OTEL_EXPORTER_CLICKHOUSE_PASSWORD: password }
    const report = execFileSync(process.execPath, ['examples/shop/demo.mjs', ...args], {
      cwd: root,
      env,
      encoding: 'utf8',
    })
    expect(report).toContain('Every span, log record and data point is in ClickHouse exactly once.')
  })
})
