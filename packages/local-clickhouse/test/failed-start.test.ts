import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryDirectory } from '../../../test/kit/temporary-directory.js'
import { explainFailedStart } from '../src/failure.js'
import { startClickHouse } from '../src/index.js'

test.each(['httpPort', 'tcpPort'] as const)('names a busy %s', async (option) => {
  const holder = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void holder.close())
  await once(holder, 'listening')
  const { port } = holder.address() as { port: number }
  await expect(startClickHouse({ [option]: port })).rejects.toThrow(
    `Port ${port} on 127.0.0.1 is in use: stop what uses it or choose another port.`,
  )
})

test('names a directory that another server uses', async () => {
  const dataDir = temporaryDirectory()
  const first = await startClickHouse({ dataDir })
  onTestFinished(() => first.kill())
  await expect(startClickHouse({ dataDir })).rejects.toThrow(
    `Another ClickHouse server uses the data directory ${dataDir}: stop it or choose another directory.`,
  )
  expect(await first.query('SELECT 1')).toBe('1\n')
})

test('names a data directory that is none', async () => {
  const dataDir = join(temporaryDirectory(), 'file')
  writeFileSync(dataDir, '')
  await expect(startClickHouse({ dataDir })).rejects.toThrow(
    `The data directory ${dataDir} cannot be used (EEXIST): choose another one.`,
  )
})

const user = { name: 'bob', password: 'x' }

test.each([
  [{ httpPort: 65_536 }, '65536 is not a port'],
  [{ tcpPort: 1.5 }, '1.5 is not a port'],
  [{ dataDir: '' }, 'The data directory is empty'],
  [{ users: [{ ...user, name: 'a.b' }] }, '"a.b" cannot be a user name'],
  [{ users: [{ ...user, name: '</users>' }] }, '"</users>" cannot be a user name'],
  [{ users: [{ ...user, name: 'default' }] }, "The user 'default' has no password here"],
  [{ clusters: { 'a.b': [[9000]] } }, '"a.b" cannot be the name of a cluster'],
  [{ clusters: { c: [] } }, "The cluster 'c' needs at least one port in each shard"],
  [{ clusters: { c: [[70_000]] } }, '70000 is not a port'],
  [{ users: [user, user] }, "The user 'bob' is given twice"],
])('refuses %j', async (options, message) => {
  await expect(startClickHouse(options)).rejects.toThrow(message)
})

const attempt = { dataDir: '/data', httpPort: 80, tcpPort: 0 }

test.each([
  [
    'Code: 210. DB::Exception: Listen [127.0.0.1]:80 failed: Poco::Exception. Permission denied',
    'This user may not use port 80: choose one above 1023.',
  ],
  [
    'noise\nCode: 999. DB::Exception: Something new\nstack',
    'ClickHouse did not start with the data directory /data: Code: 999. DB::Exception: Something new',
  ],
  ['', 'ClickHouse did not start with the data directory /data: it ended without any output'],
])('explains %j', (output, sentence) => {
  expect(explainFailedStart(output, attempt)).toBe(sentence)
})
