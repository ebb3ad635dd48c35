// Commands whose exit code 1 is a result: compare, replay, ddl --diff, doctor, table import.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { elapsed, onThisMachine, SOON_MS, until } from '../kit/patience.js'
import { rawServer } from '../kit/raw-server.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { run, start } from './command-kit.js'

const letters = () => {
  const file = join(temporaryDirectory(), 'primary.logs.ndjson')
  const row = JSON.stringify({ timestamp: '1700000000.000000001', body: 'x' })
  writeFileSync(file, `${JSON.stringify({ database: 'd', table: 'logs', row })}\n`)
  return file
}

const COMMANDS: [string, (url: string) => string[]][] = [
  ['compare', (url) => ['compare', url, url]],
  ['replay', (url) => ['replay', letters(), '--endpoint', url]],
  ['ddl', (url) => ['ddl', '--diff', url]],
  ['doctor', (url) => ['doctor', '--endpoint', url]],
  ['table', (url) => ['table', 'import', url, 'd.t']],
]

test.each(COMMANDS)(
  '%s at a server that hangs is interrupted at once, and says so in one sentence, with exit code 130',
  async (_, line) => {
    const hangs = await rawServer(() => {})
    const running = start(line(hangs.url))
    await until(() => hangs.connections > 0)
    expect(await elapsed(running.end())).toBeLessThan(onThisMachine(SOON_MS))
    expect(await running.ended).toBe(130)
    // Lines of progress may come before, if it took long.
    expect(running.err.text().trim().split('\n').at(-1)).toMatch(
      /^spanhouse: The (comparison|replay|examination|import) was interrupted\./,
    )
  },
)

test.each(COMMANDS)('%s with an invalid address says so, with exit code 2', async (_, line) => {
  const { code, err } = await run(line('ftp://host'))
  expect(code).toBe(2)
  expect(err).toMatch(/^spanhouse: .+\n$/)
})

test('replay of a file whose journal or lock cannot be written names it, with exit code 2', async () => {
  const nobody = ['--endpoint', 'http://127.0.0.1:1']
  const locked = letters()
  mkdirSync(`${locked}.lock`)
  const atLock = await run(['replay', locked, ...nobody])
  expect(atLock.err).toMatch(/^spanhouse: \S+\.ndjson\.lock cannot be used \(\w+\)\.\n$/)
  expect(atLock.code).toBe(2)
  const begun = `${letters()}.replay-0123abcd`
  writeFileSync(begun, '')
  mkdirSync(`${begun}.journal`)
  const atJournal = await run(['replay', dirname(begun), ...nobody])
  expect(atJournal.err).toMatch(/^spanhouse: \S+\.journal cannot be used \(EISDIR\)\.\n$/)
  expect(atJournal.code).toBe(2)
})

test('replay of what cannot be read as a file says so, with exit code 2', async () => {
  const folder = join(temporaryDirectory(), 'primary.ndjson.replay-0123abcd')
  mkdirSync(folder)
  const { code, err } = await run(['replay', dirname(folder), '--endpoint', 'http://127.0.0.1:1'])
  expect(err).toBe('spanhouse: The system refused to read (EISDIR).\n')
  expect(code).toBe(2)
})

test('replay of thousands of lines that are no letters keeps them all, with exit code 1', async () => {
  const directory = temporaryDirectory()
  const lines = Array.from({ length: 2200 }, (_, i) => `line ${i}\n`).join('')
  writeFileSync(join(directory, 'primary.ndjson'), lines)
  const { code, out } = await run(['replay', directory, '--endpoint', 'http://127.0.0.1:1'])
  expect(out).toContain('2,200 rows could not be read and are kept.')
  expect(code).toBe(1)
  const [kept = ''] = readdirSync(directory)
  expect(kept).toMatch(/^primary\.refused-[0-9a-f]{8}\.ndjson$/)
  expect(readFileSync(join(directory, kept), 'utf8')).toBe(lines)
})
