import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { eventually, LONG } from '../../../../test/kit/patience.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { backdateLeases, filesIn, homesIn, insertsFor, spools } from './spool-kit.js'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const compiled = mkdtempSync(join(tmpdir(), 'spanhouse-spool-js-'))
const running = new Set<ChildProcess>()
const { open } = spools()

beforeAll(() => {
  // Of its own, so that it is never older than the sources.
  writeFileSync(join(compiled, 'package.json'), '{"type":"module"}')
  const source = join(root, 'packages/exporter-clickhouse/src')
  symlinkSync(join(source, '../node_modules'), join(compiled, 'node_modules'))
  const options = ['--ignoreConfig', '--noCheck', '--target', 'es2023', '--module', 'nodenext']
  const args = [
    ...options,
    '--rootDir',
    source,
    '--outDir',
    compiled,
    join(source, 'spool/spool.ts'),
  ]
  execFileSync(join(root, 'node_modules/.bin/tsc'), args, { stdio: 'inherit' })
})
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
})
afterAll(() => rmSync(compiled, { recursive: true }))

function start(directory: string, command = '', stderr: 'inherit' | 'ignore' = 'inherit') {
  const script = fileURLToPath(new URL('spool-child.mjs', import.meta.url))
  const child = spawn(process.execPath, [script, compiled, directory, command], {
    stdio: ['pipe', 'pipe', stderr],
  })
  running.add(child)
  const said: [what: string, value: unknown][] = []
  createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line)))
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve())).then(() => {
    running.delete(child)
  })
  return {
    child,
    ended,
    /** The values said under a name, in order. */
    said: (what: string) => said.filter(([name]) => name === what).map(([, value]) => value),
    started: () => eventually(() => expect(said).not.toEqual([])),
    async tell(line: string): Promise<void> {
      child.stdin.write(`${line}\n`)
      await eventually(() => expect(said).toContainEqual(['did', line]))
    },
    async kill(): Promise<void> {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** What is in the spool for a destination, once no process is left. */
async function contents(directory: string): Promise<string[]> {
  await backdateLeases(directory)
  const expected = (await filesIn(directory)).filter((path) => path.endsWith('.batch')).length
  const { spool, seen } = open(directory, { destinations: ['a', 'b'] })
  await eventually(() => expect(seen.recovered).toHaveLength(expected))
  const texts: string[] = []
  for (const stored of seen.recovered) {
    const loaded = await spool.load(stored)
    expect(loaded?.insert).toEqual({
      ...insertsFor(stored.destination).get(stored.destination),
      settings: {},
    })
    texts.push(`${stored.destination} ${loaded?.batch?.compressed.body}`)
  }
  expect(seen).toMatchObject({ corrupt: [], troubles: [] })
  return texts
}

const idOf = (text: string) => text.split(' ', 2).join(' ')

test('whatever was acknowledged before kill -9 is found intact, once for each destination', async () => {
  const directory = temporaryDirectory()
  const acknowledged: unknown[] = []
  // On a busy machine some are killed before they have written anything.
  const rounds = LONG ? 5 : 3
  for (let round = 0; round < rounds || (acknowledged.length <= 20 && round < 20); round++) {
    const writers = Array.from({ length: 4 }, () => start(directory, 'putForEver'))
    const killed = writers.map(async (writer) => {
      // Its first moments, in which the directory is made, are among those it is killed in.
      if (round > 0) await writer.started()
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 80))
      await writer.kill()
      acknowledged.push(...writer.said('acknowledged'))
      expect(writer.said('refused')).toEqual([])
    })
    await Promise.all(killed)
  }
  const found = await contents(directory)
  const ids = found.map(idOf)
  expect(acknowledged.length).toBeGreaterThan(20)
  expect(new Set(ids).size).toBe(ids.length)
  const missing = acknowledged
    .flatMap((id) => [`a ${id}`, `b ${id}`])
    .filter((id) => !ids.includes(id))
  expect(missing).toEqual([])
  for (const text of found) {
    const [, id = '', padding] = text.split(' ')
    expect(padding?.length).toBe((Number(id.split(':')[1]) * 977) % 50_000)
  }
  // Nothing is left of the puts that were cut short.
  expect((await filesIn(directory)).filter((path) => path.endsWith('.draft'))).toEqual([])
})

test('a process that is stopped while it writes, for longer than a disk may take, believes its disk and loses nothing', async () => {
  const directory = temporaryDirectory()
  const writers = Array.from({ length: 4 }, () => start(directory, 'putForEver'))
  const killed = writers.map(async (writer, n) => {
    await eventually(() => expect(writer.said('acknowledged')).not.toEqual([]))
    await new Promise((resolve) => setTimeout(resolve, n * 7))
    writer.child.kill('SIGSTOP')
    await new Promise((resolve) => setTimeout(resolve, 6000))
    const before = writer.said('acknowledged').length
    writer.child.kill('SIGCONT')
    await eventually(() => expect(writer.said('acknowledged').length).toBeGreaterThan(before + 3))
    await writer.kill()
    expect(writer.said('refused')).toEqual([])
    expect(writer.said('troubled')).toEqual([])
  })
  await Promise.all(killed)
  const ids = (await contents(directory)).map(idOf)
  const acknowledged = writers.flatMap((writer) => writer.said('acknowledged'))
  expect(ids).toEqual(expect.arrayContaining(acknowledged.flatMap((id) => [`a ${id}`, `b ${id}`])))
})

test('of several processes that find a dead one’s batches, one gets each', async () => {
  const directory = temporaryDirectory()
  const wanted: string[] = []
  for (let owner = 0; owner < 6; owner++) {
    const dead = start(directory)
    await dead.tell('put id:1')
    await dead.tell('put id:2')
    await dead.kill()
  }
  wanted.push(...Array(6).fill(['a id:1', 'a id:2', 'b id:1', 'b id:2']).flat())
  await backdateLeases(directory)
  const heirs = Array.from({ length: 3 }, () => start(directory))
  const recovered = () => heirs.flatMap((heir) => heir.said('recovered')) as string[]
  await eventually(() => expect(recovered().length).toBeGreaterThanOrEqual(wanted.length))
  await Promise.all(heirs.map((heir) => heir.tell('load')))
  expect(recovered().map(idOf).sort()).toEqual(wanted.sort())
})

test('a process that was stopped for too long goes on beside its heir', async () => {
  const directory = temporaryDirectory()
  const stopped = start(directory)
  await stopped.tell('put before:1')
  stopped.child.kill('SIGSTOP')
  await backdateLeases(directory)
  const heir = start(directory)
  await eventually(() =>
    expect(
      heir
        .said('recovered')
        .map((text) => idOf(String(text)))
        .sort(),
    ).toEqual(['a before:1', 'b before:1']),
  )

  stopped.child.kill('SIGCONT')
  await stopped.tell('put after:1')
  await stopped.tell('load')
  expect(stopped.said('acknowledged')).toEqual(['before:1', 'after:1'])
  expect(stopped.said('loaded')).toEqual([false, false, true, true])
  expect(stopped.said('corrupt')).toEqual([])
  expect(stopped.said('troubled')).toEqual([])
  await Promise.all([stopped.kill(), heir.kill()])
  expect((await contents(directory)).map(idOf).sort()).toEqual([
    'a after:1',
    'a before:1',
    'b after:1',
    'b before:1',
  ])
})

test.each(['close', 'exit', 'throw'])(
  'the next process takes over at once after %s',
  async (how) => {
    const directory = temporaryDirectory()
    const before = start(directory, '', how === 'throw' ? 'ignore' : 'inherit')
    await before.tell('put id:1')
    before.child.stdin.write(`${how}\n`)
    await before.ended
    const next = start(directory)
    await eventually(() => expect(next.said('recovered')).toHaveLength(2))
  },
)

test('an open spool does not hold a process that has nothing else to do', async () => {
  const directory = temporaryDirectory()
  const child = start(directory, 'end')
  await child.ended
  expect(child.child.exitCode).toBe(0)
  const { spool } = open(directory)
  await eventually(async () => expect(await homesIn(directory)).toHaveLength(1))
  await spool.close()
})
