import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { findLibrary } from '../../packages/local-clickhouse/src/platform.js'
import { dataFolderFor } from '../../packages/spanhouse/src/local/data-folder.js'
import { openLocalServer, withOtherWay } from '../../packages/spanhouse/src/local/local-server.js'
import { freePort } from '../kit/free-port.js'
import { LONG } from '../kit/patience.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'

const HOME = { HOME: mkdtempSync(join(tmpdir(), 'spanhouse-home-')) }
afterAll(() => rmSync(HOME.HOME, { recursive: true, force: true }))

async function open(options: Parameters<typeof openLocalServer>[0]) {
  const server = await openLocalServer({ preferredPort: await freePort(), ...options })
  onTestFinished(() => server.stop())
  return server
}

test.each([
  [
    { os: 'win32', arch: 'x64', musl: false },
    /WSL instead\. A server of your own works too: --end/,
  ],
  [{ os: 'linux', arch: 'x64', musl: true }, /A server of your own works too: --endpoint URL\.$/],
  [{ os: 'linux', arch: 'x64', musl: false }, /=optional\)\. A server of your own works too/],
])('Without ClickHouse from npm, on %j, another way is named', (platform, sentence) => {
  const nothing = () => {
    throw new Error('not found')
  }
  let message = ''
  try {
    findLibrary(platform, nothing)
  } catch (error) {
    message = (error as Error).message
  }
  expect(withOtherWay(message)).toMatch(sentence)
  expect(withOtherWay('Port 8123 is taken.')).toBe('Port 8123 is taken.')
})

test('Data is in the node_modules of the project, else in the cache of the user', () => {
  const cwd = temporaryDirectory()
  const home = { HOME: '/home/x' }
  const path = (given: Partial<Parameters<typeof dataFolderFor>[0]>) =>
    dataFolderFor({ cwd, env: home, platform: 'linux', ...given }).path
  expect(path({})).toBe('/home/x/.cache/spanhouse')
  expect(path({ env: { ...home, XDG_CACHE_HOME: '/caches' } })).toBe('/caches/spanhouse')
  expect(path({ env: { ...home, XDG_CACHE_HOME: 'relative' } })).toBe('/home/x/.cache/spanhouse')
  expect(path({ platform: 'darwin' })).toBe('/home/x/Library/Caches/spanhouse')
  expect(path({ data: 'mine' })).toBe(join(cwd, 'mine'))
  writeFileSync(join(cwd, 'package.json'), '{}')
  mkdirSync(join(cwd, 'a/b'), { recursive: true })
  expect(path({ cwd: join(cwd, 'a/b') })).toBe(join(cwd, 'node_modules/.cache/spanhouse'))
})

test('The preferred port is used if it is free, and another one otherwise', async () => {
  const cwd = temporaryDirectory()
  const port = await freePort()
  const first = await open({ cwd, env: HOME, inMemory: true, preferredPort: port })
  expect(first.url).toBe(`http://127.0.0.1:${port}`)
  const second = await open({ cwd, env: HOME, inMemory: true, preferredPort: port })
  expect(second.url).not.toBe(first.url)
})

test('--fresh removes what was made here and nothing beside it', async () => {
  const cwd = temporaryDirectory()
  const data = join(cwd, 'data')
  mkdirSync(data)
  writeFileSync(join(data, 'letter.txt'), 'mine')
  const first = await open({ cwd, env: HOME, data: 'data' })
  await first.stop()
  const second = await open({ cwd, env: HOME, data: 'data', fresh: true })
  await second.stop()
  expect(readdirSync(data).sort()).toEqual(['clickhouse', 'letter.txt', 'made-by-spanhouse.txt'])
})

test('--fresh and any start leave data of others alone', async () => {
  const cwd = temporaryDirectory()
  mkdirSync(join(cwd, 'data/clickhouse'), { recursive: true })
  writeFileSync(join(cwd, 'data/clickhouse/precious'), 'mine')
  for (const fresh of [true, false])
    await expect(openLocalServer({ cwd, env: HOME, data: 'data', fresh })).rejects.toThrow(
      /was not made by spanhouse/,
    )
  expect(existsSync(join(cwd, 'data/clickhouse/precious'))).toBe(true)
})

test('In memory nothing is left in the project', async () => {
  const cwd = temporaryDirectory()
  writeFileSync(join(cwd, 'package.json'), '{}')
  const server = await open({ cwd, env: HOME, inMemory: true })
  expect(server.folder).toBeUndefined()
  await server.stop()
  expect(readdirSync(cwd)).toEqual(['package.json'])
})

test('A note about a server is believed only if that server has this data', async () => {
  const cwd = temporaryDirectory()
  const first = await open({ cwd, env: HOME, data: 'one' })
  const second = await open({ cwd, env: HOME, data: 'one' })
  expect(second).toMatchObject({ url: first.url, startedBy: process.pid })
  mkdirSync(join(cwd, 'two'))
  const data = join(cwd, 'two/clickhouse')
  // As after a crash, when another server has got the port.
  writeFileSync(join(cwd, 'two/server.json'), JSON.stringify({ url: first.url, pid: 1, data }))
  const third = await open({ cwd, env: HOME, data: 'two' })
  expect(third.url).not.toBe(first.url)
  expect(third.startedBy).toBeUndefined()
})

test('Something else at the noted address does not matter', async () => {
  const cwd = temporaryDirectory()
  const other = createServer((_, reply) => reply.end('hello')).listen(0, '127.0.0.1')
  onTestFinished(() => void other.close().closeAllConnections())
  await new Promise((resolve) => other.once('listening', resolve))
  const { port } = other.address() as AddressInfo
  mkdirSync(join(cwd, 'data'))
  for (const note of [
    JSON.stringify({ url: `http://127.0.0.1:${port}`, pid: 1, data: join(cwd, 'data/clickhouse') }),
    JSON.stringify({ url: 'http://evil.example/', pid: 1, data: join(cwd, 'data/clickhouse') }),
    ...(LONG ? ['not json'] : []),
  ]) {
    writeFileSync(join(cwd, 'data/server.json'), note)
    const server = await open({ cwd, env: HOME, data: 'data' })
    expect(server.startedBy).toBeUndefined()
    await server.stop()
  }
})

test('Data that another server has open is one clear sentence', async () => {
  const cwd = temporaryDirectory()
  await open({ cwd, env: HOME, data: 'data' })
  writeFileSync(join(cwd, 'data/server.json'), '')
  await expect(open({ cwd, env: HOME, data: 'data' })).rejects.toThrow(
    /^Another ClickHouse server uses the data directory .*\.$/,
  )
})
