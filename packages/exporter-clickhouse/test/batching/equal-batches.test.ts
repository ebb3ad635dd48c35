import { randomBytes } from 'node:crypto'
import { brotliCompressSync, constants, gunzipSync, gzipSync } from 'node:zlib'
import { defineTable, flatTraces, otelTraces, type SpanLike } from '@spanhouse/transform'
import { expect, test } from 'vitest'
import { randomOf, SEED } from '../../../../test/faults/seed.js'
import { exported, exporterTo } from '../../../../test/kit/exporters.js'
import { flushed } from '../../../../test/kit/patience.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { makeSpan } from '../../../transform/test/spans.js'
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

async function insert() {
  const [config] = parseConfig('traces', {}, {}).destinations
  if (!config) throw new Error('no destination')
  return insertOf(config.targets[0], config, batchOf('the same'))
}

const SPAN = makeSpan()

/** How many rows of three exports of the same spans the table has afterwards. */
async function storedOfThree(options: Options, ...spans: SpanLike[]): Promise<number> {
  const exports = spans.length > 0 ? spans : [SPAN]
  const server = await scriptedServer()
  const exporter = exporterTo({ endpoint: server.url, ...options })
  for (let n = 0; n < 3; n++) await exported(exporter, exports)
  await flushed(exporter)
  expect(server.inserts).toHaveLength(3)
  expect(statsOf(exporter)).toMatchObject({
    delivered: 3 * exports.length,
    possibleDuplicates: 0,
  })
  return server.rows.length
}

test('two equal batches are one, of our rows, which have ids', async () => {
  expect(await storedOfThree({ schema: flatTraces })).toBe(1)
  expect(await storedOfThree({ schema: otelTraces })).toBe(1)
})

test('one span with ids makes equal batches one, wherever it stands among spans without', async () => {
  const anonymous = { ...SPAN, spanContext: () => ({ traceId: '', spanId: '', traceFlags: 0 }) }
  expect(await storedOfThree({}, SPAN, anonymous)).toBe(2)
  expect(await storedOfThree({}, anonymous, SPAN, anonymous)).toBe(3)
  expect(await storedOfThree({}, anonymous, anonymous)).toBe(6)
})

test('two equal batches of a table that is not ours are two: no rows are taken for a retry of others', async () => {
  expect(await storedOfThree({ schema: theirs })).toBe(3)
})

test('two equal batches of rows that dispatch made are two, whatever their table: the ids may be those of others', async () => {
  const anonymous: Options['dispatch'] = (row, { table }) => ({
    [table]: { ...row, trace_id: '0'.repeat(32), span_id: '0'.repeat(16) },
  })
  expect(await storedOfThree({ dispatch: anonymous })).toBe(3)
  expect(await storedOfThree({ dispatch: () => ({ traces: { span_name: 'x' } }) })).toBe(3)
  expect(await storedOfThree({ dispatch: () => ({ others: { name: 'x' } }) })).toBe(3)
})

test.each<[string, Record<string, unknown>]>([
  ['no context', { spanContext: () => undefined }],
  ['no id', { spanContext: () => ({ traceId: 'a'.repeat(32) }) }],
  ['an id of zeros', { spanContext: () => ({ traceId: 'a'.repeat(32), spanId: '0'.repeat(16) }) }],
  ['an id that is no text', { spanContext: () => ({ traceId: 7, spanId: 'a'.repeat(16) }) }],
  [
    'a context that cannot be read',
    {
      spanContext: () => {
        throw new Error('no context')
      },
    },
  ],
])('two equal batches of spans with %s are two', async (_, changes) => {
  expect(await storedOfThree({}, makeSpan(changes))).toBe(3)
})

test('two equal batches of rows whose ids were redacted are two', async () => {
  const server = await scriptedServer()
  const exporter = exporterTo({ endpoint: server.url, redact: { values: ['email'] } })
  for (const name of ['ann', 'ben', 'eve']) {
    const context = { ...SPAN.spanContext(), spanId: `${name}@example.com` }
    await exported(exporter, [makeSpan({ spanContext: () => context })])
  }
  await flushed(exporter)
  expect(statsOf(exporter)).toMatchObject({ delivered: 3 })
  expect(server.rows).toHaveLength(3)
  expect(new Set(server.rows.map((row) => JSON.stringify(row))).size).toBe(1)
})

test('a batch that was made of others has a token of its own, also in our tables: it may have rows of dispatch', async () => {
  const [one, other] = [await insert(), await insert()]
  expect(one.settings[TOKEN]).not.toBe(other.settings[TOKEN])
})

test('each part of a batch has a token of its own, the same one every time', async () => {
  const whole = await insert()
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
