import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { replayFile } from '../../src/replay/letter-file.js'
import { type Line, linesFrom } from '../../src/replay/lines.js'
import { newTally } from '../../src/replay/tally.js'

/** Replays lines to a server that takes everything; resolves with how many lines were done after each batch, and with what is kept. */
async function replayed(content: string | Buffer) {
  const directory = temporaryDirectory()
  const path = join(directory, 'primary.ndjson')
  writeFileSync(path, content)
  const done: number[] = []
  const tally = newTally(({ delivered, unreadable }) => void done.push(delivered + unreadable))
  const send = async (delivered: readonly never[]) => ({ delivered, there: [], refused: [] })
  await replayFile(path, 'd', send as never, tally, (shown) => shown)
  const [kept = ''] = readdirSync(directory)
  return { done, tally, kept: kept === '' ? undefined : readFileSync(join(directory, kept)) }
}

const letter = (number: number) => JSON.stringify({ table: 't', row: JSON.stringify({ number }) })
const inSteps = (steps: readonly number[]) => steps.map((rows, i) => rows - (steps[i - 1] ?? 0))

test('thousands of lines that cannot be read are given out in batches, and all are kept', async () => {
  const lines = Array.from({ length: 2200 }, (_, i) => `line ${i}`).join('\n')
  const { done, tally, kept } = await replayed(`${lines}\n`)
  expect(tally.unreadable).toBe(2200)
  expect(inSteps(done)).toEqual([500, 500, 500, 500, 200])
  expect(kept?.toString()).toBe(`${lines}\n`)
})

test('long lines that cannot be read are a batch each', async () => {
  const long = 'x'.repeat(3 * 1024 * 1024)
  const { done, kept } = await replayed(`${long}\n${long}\n${letter(1)}\n${long}`)
  expect(done).toEqual([1, 3, 4])
  expect(kept?.equals(Buffer.from(`${long}\n`.repeat(3)))).toBe(true)
})

test('a line that is no text is kept as it is', async () => {
  const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x0a])
  const { kept } = await replayed(Buffer.concat([Buffer.from(`${letter(1)}\n`), bytes]))
  expect(kept).toEqual(bytes)
})

test('a line that is longer than any row has no text, and the lines around it are read', async () => {
  const path = join(temporaryDirectory(), 'lines')
  writeFileSync(path, `short\n${'x'.repeat(300_000)}\nalso short\n${'y'.repeat(200)}`)
  const file = await open(path)
  onTestFinished(() => file.close())
  const lines: Line[] = []
  for await (const line of linesFrom(file, 0, 100)) lines.push(line)
  expect(lines).toEqual([
    { text: 'short', at: 0, end: 6 },
    { text: undefined, at: 6, end: 300_007 },
    { text: 'also short', at: 300_007, end: 300_018 },
    { text: undefined, at: 300_018, end: 300_218 },
  ])
})
