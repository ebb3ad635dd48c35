import { createHash } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import zlib, { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Batch, type CompressedBatch, divide, isCompressed } from '../../src/batching/batch.js'
import type { Compression } from '../../src/config/config.js'

const GZIP: Compression = { codec: 'gzip', level: 3, thresholdBytes: 0 }
const NONE: Compression = { codec: 'none', level: 3, thresholdBytes: 0 }
const lines = ['{"a":"ä"}', '{"a":"2"}', '{"a":"3"}']
const text = `${lines.join('\n')}\n`

async function compressedBatch(
  rows: readonly string[],
  compression = GZIP,
): Promise<CompressedBatch> {
  const batch = Batch.seal(rows, compression)
  await batch.compress(compression)
  if (!isCompressed(batch)) throw new Error('not compressed')
  return batch
}

describe('a batch', () => {
  test('counts rows and bytes as soon as it is sealed', () => {
    const batch = Batch.seal(lines, GZIP)
    expect(batch).toMatchObject({ rows: 3, rawBytes: Buffer.byteLength(text), codec: 'gzip' })
    expect(batch.compressed).toBeUndefined()
    expect(isCompressed(batch)).toBe(false)
  })

  test('is compressed into gzip, a row a line', async () => {
    const batch = await compressedBatch(lines)
    expect(gunzipSync(batch.compressed.body).toString()).toBe(text)
  })

  test('is left as it is on request, or below the threshold', async () => {
    expect((await compressedBatch(lines, NONE)).compressed.body.toString()).toBe(text)
    const bytes = Buffer.byteLength(text)
    expect(Batch.seal(lines, { ...GZIP, thresholdBytes: bytes }).codec).toBe('gzip')
    expect(Batch.seal(lines, { ...GZIP, thresholdBytes: bytes + 1 }).codec).toBe('none')
    const small = await compressedBatch(lines, { ...GZIP, thresholdBytes: bytes + 1 })
    expect(small.compressed.body.toString()).toBe(text)
  })

  test('has a digest of what is sent', async () => {
    for (const compression of [NONE, GZIP, { ...GZIP, level: 9 }]) {
      const { digest, body } = (await compressedBatch(lines, compression)).compressed
      expect(digest).toBe(createHash('sha256').update(body).digest('hex'))
    }
    expect((await compressedBatch(lines.slice(1))).compressed.digest).not.toBe(
      (await compressedBatch(lines)).compressed.digest,
    )
  })

  test('holds fewer bytes once it is compressed, and never none', async () => {
    const rows = Array.from({ length: 1000 }, (_, n) => `{"n":${n},"x":"${'x'.repeat(100)}"}`)
    const batch = Batch.seal(rows, GZIP)
    const before = batch.heldBytes
    expect(before).toBeGreaterThan(batch.rawBytes)
    await batch.compress(GZIP)
    expect(batch.heldBytes).toBeLessThan(before / 5)
    expect(batch.heldBytes).toBeGreaterThan(batch.compressed?.body.length ?? 0)
    expect(batch.compressed?.body.buffer.byteLength).toBeLessThan(batch.heldBytes + 16 * 1024)
  })

  test('that nobody wants any more lets go of its rows at once, and is not compressed', async () => {
    const release = vi.fn()
    const batch = Batch.of({ rows: 1, bytes: Buffer.from('{}\n'), release }, GZIP)
    batch.want()
    batch.want()
    batch.unwant()
    expect(release).not.toHaveBeenCalled()
    batch.unwant()
    expect(release).toHaveBeenCalledOnce()
    expect(batch.heldBytes).toBeLessThan(1000)
    await batch.compress(GZIP)
    expect(isCompressed(batch)).toBe(false)
    expect(release).toHaveBeenCalledOnce()
  })

  test('gives its memory back once it is compressed, and not while it is', async () => {
    const release = vi.fn()
    const batch = Batch.of({ rows: 1, bytes: Buffer.from('{}\n'), release }, GZIP)
    batch.want()
    const compressing = batch.compress(GZIP)
    batch.unwant()
    expect(release).not.toHaveBeenCalled()
    await compressing
    expect(release).toHaveBeenCalledOnce()
    expect(gunzipSync(batch.compressed?.body ?? '').toString()).toBe('{}\n')
  })

  test('gives its rows back, compressed or not', async () => {
    expect(await Batch.seal(lines, GZIP).lines()).toEqual(lines)
    expect(await (await compressedBatch(lines, GZIP)).lines()).toEqual(lines)
    expect(await (await compressedBatch(lines, NONE)).lines()).toEqual(lines)
  })

  test('is the same after it was away on disk', async () => {
    const { rows, rawBytes, codec, compressed: was } = await compressedBatch(lines)
    const batch = Batch.restore({ rows, rawBytes, codec }, was)
    expect(isCompressed(batch) && batch.compressed).toBe(was)
    expect(await batch.lines()).toEqual(lines)
  })
})

describe('divide', () => {
  const rows = fc.array(
    fc.string({ unit: 'grapheme' }).map((value) => JSON.stringify({ value })),
    { minLength: 1, maxLength: 50 },
  )

  test('gives the rows asked for, and the others in their order', async () => {
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.nat(60),
        fc.nat(60),
        fc.constantFrom(GZIP, NONE),
        async (all, a, b, how) => {
          const [from, to] = [Math.min(a, b, all.length), Math.min(Math.max(a, b), all.length)]
          const parts = await divide(await compressedBatch(all, how), { from, to }, how)
          const back = await Promise.all(parts.map((part) => part.lines()))
          expect(back.flat()).toEqual([
            ...all.slice(from, to),
            ...all.slice(0, from),
            ...all.slice(to),
          ])
          expect(parts.map((part) => part.rows)).toEqual(back.map((some) => some.length))
          expect(parts.every((part) => part.rows > 0 && isCompressed(part))).toBe(true)
        },
      ),
      { numRuns: 50 },
    )
  })

  test('gives each part a digest of its own', async () => {
    const [first, second] = await divide(await compressedBatch(lines), { from: 0, to: 1 }, GZIP)
    expect(first?.compressed.digest).toBe(
      (await compressedBatch(lines.slice(0, 1))).compressed.digest,
    )
    expect(second?.compressed.digest).toBe(
      (await compressedBatch(lines.slice(1))).compressed.digest,
    )
  })
})

describe('compression', () => {
  /** What `createGzip()` does until the end of the test. */
  function replaceGzip(make: typeof zlib.createGzip): void {
    const spy = vi.spyOn(zlib, 'createGzip').mockImplementation(make)
    syncBuiltinESMExports()
    onTestFinished(() => {
      spy.mockRestore()
      syncBuiltinESMExports()
    })
  }

  test('of all batches of the process is done for two at a time', async () => {
    const real = zlib.createGzip
    const batches = Array.from({ length: 6 }, () => Batch.seal(lines, GZIP))
    let begun = 0
    let most = 0
    replaceGzip((options) => {
      most = Math.max(most, ++begun - batches.filter(isCompressed).length)
      return real(options)
    })
    await Promise.all(batches.map((batch) => batch.compress(GZIP)))
    expect(begun).toBe(6)
    expect(most).toBe(2)
  })

  test('goes on after batches that fail, which are told', async () => {
    const real = zlib.createGzip
    let left = 2
    replaceGzip((options) => {
      if (left-- > 0) throw new Error('no memory')
      return real(options)
    })
    const failing = [Batch.seal(lines, GZIP), Batch.seal(lines, GZIP)].map((batch) =>
      expect(batch.compress(GZIP)).rejects.toThrow('no memory'),
    )
    const batch = Batch.seal(lines, GZIP)
    await batch.compress(GZIP)
    expect(isCompressed(batch)).toBe(true)
    await Promise.all(failing)
  })
})
