import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { main } from '../../packages/spanhouse/src/commands/main.js'
import { openLocalServer } from '../../packages/spanhouse/src/local/local-server.js'
import { freePort } from '../kit/free-port.js'
import { memoryOutput } from '../kit/memory-output.js'
import { until } from '../kit/patience.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { withoutProgress } from '../kit/without-progress.js'
import { BASE_MS, insert, start } from './command-kit.js'
import { project } from './processes.js'

type Options = Partial<Parameters<typeof openLocalServer>[0]>

/** What `spanhouse dev` starts, not on the usual port. */
async function openServer(cwd: string, more: Options = {}) {
  const env = { HOME: homeOf(cwd) }
  return openLocalServer({ cwd, env, preferredPort: await freePort(), ...more })
}

async function serverOfDev(cwd: string, more: Options = {}) {
  const server = await openServer(cwd, more)
  onTestFinished(() => server.stop())
  return server
}

// Most tests share a project in which `spanhouse dev` runs, and a server beside it.
let shared: string
let dev: Awaited<ReturnType<typeof openServer>>
let other: ClickHouseServer
beforeAll(async () => {
  shared = mkdtempSync(join(tmpdir(), 'spanhouse-where-'))
  mkdirSync(join(shared, 'packages/a/src'), { recursive: true })
  for (const folder of ['.', 'packages/a'])
    writeFileSync(join(shared, folder, 'package.json'), '{}')
  home = mkdtempSync(join(tmpdir(), 'spanhouse-home-'))
  homes.set(shared, home)
  ;[dev, other] = await Promise.all([openServer(shared), startClickHouse()])
  await Promise.all([fill(dev.url), fill(other.url)])
})
afterAll(async () => {
  await Promise.all([dev?.stop(), other?.stop()])
  for (const folder of [shared, home]) rmSync(folder, { recursive: true, force: true })
})

let home: string
const homes = new Map<string, string>()
function homeOf(cwd: string): string {
  const home = homes.get(cwd) ?? temporaryDirectory()
  homes.set(cwd, home)
  return home
}

async function run(argv: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}) {
  const [out, err] = [memoryOutput(), memoryOutput()]
  const { signal } = new AbortController()
  const around = { env: { HOME: homeOf(cwd), ...env }, cwd, out, err, signal }
  return { code: await main(argv, around), out: out.text(), err: err.text() }
}

const TOP = ['top', '--once', '--since', '100000d']

async function fill(url: string) {
  const query = async (sql: string) => {
    const reply = await fetch(url, { method: 'POST', body: sql })
    if (!reply.ok) throw new Error(await reply.text())
    return reply.text()
  }
  for (const statement of flatTraces.ddl()) await query(statement)
  await insert({ query } as ClickHouseServer, [{ id: 'a', at: [0, 5], name: 'GET /found' }])
}

describe('Without any configuration', () => {
  test.each([
    ['in its usual folder', {}],
    ['in memory', { inMemory: true }],
    ['in a folder that --data names', { data: 'elsewhere' }],
  ])('the ClickHouse of spanhouse dev %s is read, and named once', async (_, more) => {
    const isShared = Object.keys(more).length === 0
    const cwd = isShared ? shared : project()
    const { url } = isShared ? dev : await serverOfDev(cwd, more)
    if (!isShared) await fill(url)
    const top = await run(TOP, cwd)
    expect(top.err).toBe(
      `Reading ${url}, the ClickHouse of spanhouse dev (process ${process.pid}).\n`,
    )
    expect(top.out).toContain('GET /found')
    const json = await run([...TOP, '--json'], cwd)
    expect(withoutProgress(json.err)).toBe('')
    expect(JSON.parse(json.out).operations).toHaveLength(1)
    expect((await run(['trace', '0af7'], cwd)).out).toContain('GET /found')
  })

  test('it is found from a folder inside of the project, and from a package of a monorepo', async () => {
    for (const folder of ['packages/a', 'packages/a/src']) {
      const inside = join(shared, folder)
      homes.set(inside, homeOf(shared))
      expect((await run(TOP, inside)).out).toContain('GET /found')
    }
  })

  test('it is found without any package.json', async () => {
    const cwd = temporaryDirectory()
    const { url } = await serverOfDev(cwd)
    await fill(url)
    expect((await run(TOP, cwd)).out).toContain('GET /found')
  })

  test('doctor examines it, without credentials for another one', async () => {
    const { url } = dev
    const env = { OTEL_EXPORTER_CLICKHOUSE_USERNAME: 'x', OTEL_EXPORTER_CLICKHOUSE_PASSWORD: 'y' }
    const { out } = await run(['doctor'], shared, env)
    expect(out).toContain(url)
    expect(out.replace(/\s+/g, ' ')).toContain(`(spanhouse dev, process ${process.pid})`)
    expect(out).not.toContain('problem ')
  })

  test('without spanhouse dev it is the usual address, which is said', async () => {
    const { err } = await run(TOP, project())
    expect(err).toMatch(/^Reading http:\/\/localhost:8123: no spanhouse dev runs in this project/)
  })
})

test.each([['--endpoint'], ['OTEL_EXPORTER_CLICKHOUSE_ENDPOINT']])(
  '%s comes before the ClickHouse of spanhouse dev, and nothing is said',
  async (by) => {
    const { out, err } =
      by === '--endpoint'
        ? await run([...TOP, '--endpoint', other.url], shared)
        : await run(TOP, shared, { [by]: other.url })
    expect(out).toContain('GET /found')
    expect(err).toBe('')
  },
)

test('A server that has ended, and a note of somebody else, are not believed', async () => {
  const cwd = project()
  mkdirSync(join(cwd, 'node_modules/.cache/spanhouse'), { recursive: true })
  const note = { url: other.url, pid: 1, data: '/somewhere/else' }
  writeFileSync(join(cwd, 'node_modules/.cache/spanhouse/server.json'), JSON.stringify(note))
  expect((await run(TOP, cwd)).err).toMatch(/^Reading http:\/\/localhost:8123/)
})

describe('Before there is a table', () => {
  beforeEach(() => other.query('DROP DATABASE IF EXISTS telemetry SYNC'))

  const justNow = () => {
    const end = Date.now() - BASE_MS
    return { id: 'n', at: [end - 5, end] as const, name: 'first.' }
  }

  test.each([
    ['tail', false],
    ['top', true],
  ])('%s waits, says so once, and shows what comes', async (name, isTerminal) => {
    const one = start([name, '--endpoint', other.url], { isTerminal })
    await until(() => one.err.text() !== '')
    for (const statement of flatTraces.ddl()) await other.query(statement)
    await insert(other, [justNow()])
    await until(() => one.out.text().includes('first.'))
    expect(await one.end()).toBe(0)
    expect(one.err.text()).toMatch(
      /^ClickHouse at \S+ has no table of spans .* yet\. Waiting .*\n$/,
    )
  })

  test('Ctrl-C ends the wait', async () => {
    const one = start(['tail', '--endpoint', other.url])
    await until(() => one.err.text() !== '')
    expect(await one.end()).toBe(0)
  })

  test.each([[TOP], [['trace', '0af7']]])('%j does not wait', async (argv) => {
    const { code, err } = await run([...argv, '--endpoint', other.url], project())
    expect(code).toBe(1)
    expect(err).toMatch(/has no table of spans .*: send the first spans/)
  })
})
