import { defineTable, flatTraces, otelTraces, type SpanLike } from '@spanhouse/transform'
import { expect, test } from 'vitest'
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
