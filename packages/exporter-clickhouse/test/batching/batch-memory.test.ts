import { expect, test, vi } from 'vitest'
import { Batch } from '../../src/batching/batch.js'

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
