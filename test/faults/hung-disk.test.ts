import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Options } from '@spanhouse/exporter-clickhouse'
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../kit/patience.js'
import { scriptedServer } from '../kit/scripted-server.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'

const script = fileURLToPath(new URL('hung-disk-child.mjs', import.meta.url))

/** A spool that a process has left behind, and whose lease does not open: opening a pipe waits for somebody at its other end. */
function spoolThatHangs(): string {
  const directory = temporaryDirectory()
  const left = join(directory, `o-${randomUUID()}`)
  const lease = join(left, 'owner.lease')
  mkdirSync(left)
  execFileSync('mkfifo', [lease])
  const longAgo = new Date(Date.now() - 3_600_000)
  utimesSync(lease, longAgo, longAgo)
  return directory
}

test.skipIf(process.platform === 'win32')(
  'a disk that hangs leaves threads to the application, for its files, ciphers and look-ups, and rows are delivered without it',
  async () => {
    const servers = [await scriptedServer(), await scriptedServer()]
    const options: Options = {
      destinations: servers.map(({ url }, n) => ({
        name: `server${n}`,
        endpoint: url,
        spool: { directory: spoolThatHangs() },
      })),
    }
    // Six spools, two for each signal: more than Node has threads.
    const child = spawn(process.execPath, ['--no-warnings', script, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL')) // it does not end by itself while a thread is busy
    let said: { rows: number; did: string[] } | undefined
    createInterface(child.stdout).on('line', (line) => {
      said = JSON.parse(line)
    })
    await eventually(() => expect(said).toBeDefined())
    expect(said?.did).toEqual(['file', 'cipher', 'compression', 'look-up'])
    for (const { rows } of servers)
      await eventually(() => expect(rows).toHaveLength(said?.rows ?? 0))
    child.kill('SIGKILL')
    await once(child, 'close')
  },
)
