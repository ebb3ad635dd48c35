import { randomBytes } from 'node:crypto'
import { brotliCompressSync, constants, gunzipSync, gzipSync } from 'node:zlib'
import { defineTable, flatTraces, otelTraces, type SpanLike } from '@spanhouse/transform'
import { expect, test } from 'vitest'
import { randomOf, SEED } from '../../../../test/faults/seed.js'
import { compress } from '../../src/batching/codecs.js'
import { insertOf, insertOfPart } from '../../src/clickhouse/insert.js'
import { TOKEN } from '../../src/config/insert-settings.js'
import type { Options } from '../../src/config/options.js'
import { parseConfig } from '../../src/config/parse-config.js'
import { batchOf } from '../spool/spool-kit.js'

const theirs = defineTable<SpanLike>({
  name: 'theirs',
  columns: [{ name: 'a', type: 'String', value: () => 'x' }],
  orderBy: 'a',
})

async function insert(schema: Options['schema']) {
  const [config] = parseConfig('traces', { schema }, {}).destinations
  if (!config) throw new Error('no destination')
  return insertOf(config.targets[0], config, batchOf('the same'))
}

async function token(schema: Options['schema']) {
  return (await insert(schema)).settings[TOKEN]
}

test('two equal batches are one, of our rows, which have ids', async () => {
  expect(await token(flatTraces)).toBe(await token(flatTraces))
  expect(await token(otelTraces)).toBe(await token(otelTraces))
})

test('two equal batches of a table that is not ours are two: no rows are taken for a retry of others', async () => {
  expect(await token(theirs)).not.toBe(await token(theirs))
})

test('each part of a batch has a token of its own, the same one every time', async () => {
  const whole = await insert(flatTraces)
  const [first, second, again] = ['0 to 1', 'not 0 to 1', '0 to 1'].map(
    (part) => insertOfPart(whole, part).settings[TOKEN],
  )
  expect(new Set([whole.settings[TOKEN], first, second]).size).toBe(3)
  expect(again).toBe(first)
})

test('the same rows are compressed to the same bytes, whatever was compressed before: the token depends on it', async () => {
  const random = randomOf(SEED)
  const differing: number[] = []
  for (let n = 0; n < 2000; n++) {
    const rows = Buffer.from(
      Array.from({ length: random.between(1, 1000) }, () => random.between(0, 3)).join(''),
    )
    const [first, again] = [await compress(rows, 'gzip', 3), await compress(rows, 'gzip', 3)]
    const fresh = gzipSync(rows, { level: 3, strategy: constants.Z_FILTERED, memLevel: 9 })
    if (!first.equals(fresh) || !again.equals(fresh)) differing.push(n)
  }
  expect(differing).toEqual([])
})

// `toEqual` compares buffers byte by byte, for seconds.
const equal = (a: Buffer | undefined, b: Buffer) => a?.equals(b) === true

test.each([0, 1, 1000, 300_000])('%i bytes are compressed whole', async (length) => {
  for (const bytes of [randomBytes(length), Buffer.alloc(length, 'spanhouse')]) {
    const options = { level: 3, strategy: constants.Z_FILTERED, memLevel: 9 }
    expect(equal(await compress(bytes, 'gzip', 3), gzipSync(bytes, options))).toBe(true)
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: 4,
      [constants.BROTLI_PARAM_SIZE_HINT]: length,
    }
    expect(equal(await compress(bytes, 'br', 4), brotliCompressSync(bytes, { params }))).toBe(true)
  }
})

test('several batches at a time are compressed whole', async () => {
  const batches = Array.from({ length: 20 }, (_, n) => randomBytes(1 + n * 20_000))
  const bodies = await Promise.all(batches.map((bytes) => compress(bytes, 'gzip', 3)))
  expect(bodies.every((body, n) => equal(batches[n], gunzipSync(body)))).toBe(true)
})
