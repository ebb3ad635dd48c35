import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test, vi } from 'vitest'
import { eventually } from '../../../../test/kit/patience.js'
import { Batch } from '../../src/batching/batch.js'

const GZIP = { codec: 'gzip', level: 3, thresholdBytes: 0 } as const
const NONE = { codec: 'none', level: 3, thresholdBytes: 0 } as const

async function releasedAfterCompress(bytes: Buffer): Promise<boolean> {
  const release = vi.fn()
  const batch = Batch.of({ rows: 1, bytes, release }, NONE)
  batch.want()
  await batch.compress(NONE)
  return release.mock.calls.length > 0
}

test('an uncompressed batch that fills its memory is sent from there, and keeps it', async () => {
  expect(await releasedAfterCompress(Buffer.from(new Uint8Array(3).fill(0x20).buffer))).toBe(false)
})

test('an uncompressed batch in a part of its memory gives it back, and is sent from a copy', async () => {
  expect(await releasedAfterCompress(Buffer.from(new ArrayBuffer(64), 0, 3))).toBe(true)
})

test('a compressed batch keeps nothing of the memory from which its rows were taken', async () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const batches: Batch[] = []
  const memories = Array.from({ length: 2 }, (_, n) => {
    const memory = { bytes: Buffer.from(new ArrayBuffer(1000), 0, 10).fill('{"a":1}\n ') }
    const batch = Batch.of({ rows: 1, bytes: memory.bytes, release: () => void memory }, GZIP)
    batches.push(batch)
    batch.want()
    if (n === 1) batch.unwant() // no destination wants it
    return new WeakRef(memory)
  })
  await Promise.all(batches.map((batch) => batch.compress(GZIP)))
  await eventually(() => {
    collect()
    expect(memories.map((memory) => memory.deref())).toEqual([undefined, undefined])
  })
  expect(batches.map(({ compressed }) => compressed === undefined)).toEqual([false, true])
})
