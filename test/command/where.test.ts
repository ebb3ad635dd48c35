import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { describe, expect, onTestFinished, test } from 'vitest'
import { main } from '../../packages/spanhouse/src/commands/main.js'
import { openLocalServer } from '../../packages/spanhouse/src/local/local-server.js'
import { freePort } from '../kit/free-port.js'
import { memoryOutput } from '../kit/memory-output.js'
import { until } from '../kit/patience.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { withoutProgress } from '../kit/without-progress.js'
import { BASE_MS, insert, start } from './command-kit.js'
import { project } from './processes.js'

/** What `spanhouse dev` starts, not on the usual port. */
async function serverOfDev(cwd: string, more: Partial<Parameters<typeof openLocalServer>[0]> = {}) {
  const env = { HOME: homeOf(cwd) }
  const server = await openLocalServer({ cwd, env, preferredPort: await freePort(), ...more })
  onTestFinished(() => server.stop())
  return server
}

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
    const cwd = project()
    const { url } = await serverOfDev(cwd, more)
    await fill(url)
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
    const cwd = project({ 'packages/a/package.json': '{}', 'packages/a/src/x.js': '' })
    const { url } = await serverOfDev(cwd)
    await fill(url)
    for (const folder of ['packages/a', 'packages/a/src']) {
      const inside = join(cwd, folder)
      homes.set(inside, homeOf(cwd))
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
    const cwd = project()
    const { url } = await serverOfDev(cwd)
    await fill(url)
    const env = { OTEL_EXPORTER_CLICKHOUSE_USERNAME: 'x', OTEL_EXPORTER_CLICKHOUSE_PASSWORD: 'y' }
    const { out } = await run(['doctor'], cwd, env)
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
    const cwd = project()
    await serverOfDev(cwd)
    await using other = await startClickHouse()
    await fill(other.url)
    const { out, err } =
      by === '--endpoint'
        ? await run([...TOP, '--endpoint', other.url], cwd)
        : await run(TOP, cwd, { [by]: other.url })
    expect(out).toContain('GET /found')
    expect(err).toBe('')
  },
)

test('A server that has ended, and a note of somebody else, are not believed', async () => {
  const cwd = project()
  await using other = await startClickHouse()
  mkdirSync(join(cwd, 'node_modules/.cache/spanhouse'), { recursive: true })
  const note = { url: other.url, pid: 1, data: '/somewhere/else' }
  writeFileSync(join(cwd, 'node_modules/.cache/spanhouse/server.json'), JSON.stringify(note))
  expect((await run(TOP, cwd)).err).toMatch(/^Reading http:\/\/localhost:8123/)
})

describe('Before there is a table', () => {
  const justNow = () => {
    const end = Date.now() - BASE_MS
    return { id: 'n', at: [end - 5, end] as const, name: 'first.' }
  }

  test.each([
    ['tail', false],
    ['top', true],
  ])('%s waits, says so once, and shows what comes', async (name, isTerminal) => {
    await using server = await startClickHouse()
    const one = start([name, '--endpoint', server.url], { isTerminal })
    await until(() => one.err.text() !== '')
    for (const statement of flatTraces.ddl()) await server.query(statement)
    await insert(server, [justNow()])
    await until(() => one.out.text().includes('first.'))
    expect(await one.end()).toBe(0)
    expect(one.err.text()).toMatch(
      /^ClickHouse at \S+ has no table of spans .* yet\. Waiting .*\n$/,
    )
  })

  test('Ctrl-C ends the wait', async () => {
    await using server = await startClickHouse()
    const one = start(['tail', '--endpoint', server.url])
    await until(() => one.err.text() !== '')
    expect(await one.end()).toBe(0)
  })

  test.each([[TOP], [['trace', '0af7']]])('%j does not wait', async (argv) => {
    await using server = await startClickHouse()
    const { code, err } = await run([...argv, '--endpoint', server.url], project())
    expect(code).toBe(1)
    expect(err).toMatch(/has no table of spans .*: send the first spans/)
  })
})
