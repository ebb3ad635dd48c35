import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import {
  Batch,
  divide,
  isPressed,
  type PressedBatch,
  pressQueue,
} from '../../src/batching/batch.js'
import type { Compression } from '../../src/config/config.js'

const GZIP: Compression = { codec: 'gzip', level: 3, thresholdBytes: 0 }
const NONE: Compression = { codec: 'none', level: 3, thresholdBytes: 0 }
const lines = ['{"a":"ä"}', '{"a":"2"}', '{"a":"3"}']
const text = `${lines.join('\n')}\n`

async function pressed(rows: readonly string[], compression = GZIP): Promise<PressedBatch> {
  const batch = Batch.seal(rows, compression)
  await batch.press(compression)
  if (!isPressed(batch)) throw new Error('not pressed')
  return batch
}

describe('a batch', () => {
  test('counts rows and bytes as soon as it is sealed', () => {
    const batch = Batch.seal(lines, GZIP)
    expect(batch).toMatchObject({ rows: 3, rawBytes: Buffer.byteLength(text), codec: 'gzip' })
    expect(batch.pressed).toBeUndefined()
    expect(isPressed(batch)).toBe(false)
  })

  test('is pressed into gzip, a row a line', async () => {
    const batch = await pressed(lines)
    expect(gunzipSync(batch.pressed.body).toString()).toBe(text)
  })

  test('is left as it is on request, or below the threshold', async () => {
    expect((await pressed(lines, NONE)).pressed.body.toString()).toBe(text)
    const bytes = Buffer.byteLength(text)
    expect(Batch.seal(lines, { ...GZIP, thresholdBytes: bytes }).codec).toBe('gzip')
    expect(Batch.seal(lines, { ...GZIP, thresholdBytes: bytes + 1 }).codec).toBe('none')
    const small = await pressed(lines, { ...GZIP, thresholdBytes: bytes + 1 })
    expect(small.pressed.body.toString()).toBe(text)
  })

  test('has a digest of what is sent', async () => {
    for (const compression of [NONE, GZIP, { ...GZIP, level: 9 }]) {
      const { digest, body } = (await pressed(lines, compression)).pressed
      expect(digest).toBe(createHash('sha256').update(body).digest('hex'))
    }
    expect((await pressed(lines.slice(1))).pressed.digest).not.toBe(
      (await pressed(lines)).pressed.digest,
    )
  })

  test('holds fewer bytes once it is pressed, and never none', async () => {
    const rows = Array.from({ length: 1000 }, (_, n) => `{"n":${n},"x":"${'x'.repeat(100)}"}`)
    const batch = Batch.seal(rows, GZIP)
    const before = batch.heldBytes
    expect(before).toBeGreaterThan(batch.rawBytes)
    await batch.press(GZIP)
    expect(batch.heldBytes).toBeLessThan(before / 5)
    expect(batch.heldBytes).toBeGreaterThan(batch.pressed?.body.length ?? 0)
    expect(batch.pressed?.body.buffer.byteLength).toBeLessThan(batch.heldBytes + 16 * 1024)
  })

  test('that nobody wants any more lets go of its rows at once, and is not pressed', async () => {
    const release = vi.fn()
    const batch = Batch.of({ rows: 1, bytes: Buffer.from('{}\n'), release }, GZIP)
    batch.want()
    batch.want()
    batch.unwant()
    expect(release).not.toHaveBeenCalled()
    batch.unwant()
    expect(release).toHaveBeenCalledOnce()
    expect(batch.heldBytes).toBeLessThan(1000)
    await batch.press(GZIP)
    expect(isPressed(batch)).toBe(false)
    expect(release).toHaveBeenCalledOnce()
  })

  test('gives its memory back once it is pressed, and not while it is', async () => {
    const release = vi.fn()
    const batch = Batch.of({ rows: 1, bytes: Buffer.from('{}\n'), release }, GZIP)
    batch.want()
    const pressing = batch.press(GZIP)
    batch.unwant()
    expect(release).not.toHaveBeenCalled()
    await pressing
    expect(release).toHaveBeenCalledOnce()
    expect(gunzipSync(batch.pressed?.body ?? '').toString()).toBe('{}\n')
  })

  test('gives its rows back, pressed or not', async () => {
    expect(await Batch.seal(lines, GZIP).lines()).toEqual(lines)
    expect(await (await pressed(lines, GZIP)).lines()).toEqual(lines)
    expect(await (await pressed(lines, NONE)).lines()).toEqual(lines)
  })

  test('is the same after it was away on disk', async () => {
    const { rows, rawBytes, codec, pressed: was } = await pressed(lines)
    const batch = Batch.restore({ rows, rawBytes, codec }, was)
    expect(isPressed(batch) && batch.pressed).toBe(was)
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
          const parts = await divide(await pressed(all, how), { from, to }, how)
          const back = await Promise.all(parts.map((part) => part.lines()))
          expect(back.flat()).toEqual([
            ...all.slice(from, to),
            ...all.slice(0, from),
            ...all.slice(to),
          ])
          expect(parts.map((part) => part.rows)).toEqual(back.map((some) => some.length))
          expect(parts.every((part) => part.rows > 0 && isPressed(part))).toBe(true)
        },
      ),
      { numRuns: 50 },
    )
  })

  test('gives each part a digest of its own', async () => {
    const [first, second] = await divide(await pressed(lines), { from: 0, to: 1 }, GZIP)
    expect(first?.pressed.digest).toBe((await pressed(lines.slice(0, 1))).pressed.digest)
    expect(second?.pressed.digest).toBe((await pressed(lines.slice(1))).pressed.digest)
  })
})

describe('pressQueue', () => {
  test('presses at most two at a time, in order', async () => {
    let running = 0
    let most = 0
    const started: number[] = []
    const press = pressQueue()
    const batches = Array.from({ length: 6 }, (_, n) => ({
      async press() {
        started.push(n)
        most = Math.max(most, ++running)
        await new Promise((resolve) => setImmediate(resolve))
        running--
      },
    }))
    await Promise.all(batches.map((batch) => press(batch as unknown as Batch, GZIP)))
    expect(started).toEqual([0, 1, 2, 3, 4, 5])
    expect(most).toBe(2)
  })

  test('goes on after one that fails, which is told', async () => {
    const press = pressQueue()
    const failing = { press: () => Promise.reject(new Error('no memory')) } as unknown as Batch
    const told = [press(failing, GZIP), press(failing, GZIP)]
    const batch = Batch.seal(lines, GZIP)
    await press(batch, GZIP)
    expect(isPressed(batch)).toBe(true)
    for (const one of told) await expect(one).rejects.toThrow('no memory')
  })
})
