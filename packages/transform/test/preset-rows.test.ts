import { fileURLToPath } from 'node:url'
import { describe, expect, expectTypeOf, test } from 'vitest'
import * as all from '../src/index.js'
import { extendTable, flatTraces, type RowOf } from '../src/index.js'
import { makeSpan } from './spans.js'

const FILE = fileURLToPath(new URL('../src/schemas/rows.ts', import.meta.url))

type Preset = { readonly columns: readonly { readonly name: string; readonly type: string }[] }

const presets = Object.entries(all).filter((entry): entry is [string, Preset & (typeof entry)[1]] =>
  Array.isArray((entry[1] as Partial<Preset>).columns),
)

function typeOf([name, { columns }]: readonly [string, Preset]): string {
  const members = columns.map((column) => {
    const key = /^\w+$/.test(column.name) ? column.name : `'${column.name}'`
    const quote = column.type.includes("'") ? '"' : "'"
    return `  ${key}: ValueOf<${quote}${column.type}${quote}>\n`
  })
  return `\n/** A row of \`${name}\`. */\nexport type ${name[0]?.toUpperCase()}${name.slice(1)}Row = {\n${members.join('')}}\n`
}

test('the types of the rows of our tables say what their columns are', async () => {
  expect(presets.map(([name]) => name)).toContain('otelMetricsSummaryJson')
  const text = `// Made by test/preset-rows.test.ts from the columns of the tables: after a change of these, run it with \`-u\`.
import type { ValueOf } from '../declared/row-type.js'
${presets.map(typeOf).join('')}`
  await expect(text).toMatchFileSnapshot(FILE)
})

describe('RowOf', () => {
  test('of a table of ours', () => {
    type Row = RowOf<typeof flatTraces>
    expectTypeOf<Row['span_name']>().toEqualTypeOf<string>()
    expectTypeOf<Row['duration_ms']>().toEqualTypeOf<number>()
    expectTypeOf<Row['attributes']>().toEqualTypeOf<Record<string, string>>()
    expectTypeOf<Row['events.name']>().toEqualTypeOf<string[]>()
    // @ts-expect-error: there is no such column
    expectTypeOf<Row['name']>()
    expectTypeOf<RowOf<typeof all.otelLogsJson>['LogAttributes']>().toEqualTypeOf<
      Record<string, unknown>
    >()
    expect(flatTraces.toRow(makeSpan()).span_name).toBe('GET /cart')
  })

  test('of one that is made from it, whose lists are omitted, renamed and of other types as a whole', () => {
    const own = extendTable(flatTraces, {
      omit: ['links', 'trace_state'],
      rename: { events: 'happened', duration_ms: 'took_ms' },
      retype: { 'events.name': 'Array(UInt8)', status_code: 'UInt8' },
      promote: ['http.route'],
      add: [{ name: 'flag', type: 'Bool', attribute: 'flag' }],
    })
    type Row = RowOf<typeof own>
    expectTypeOf<Row['took_ms']>().toEqualTypeOf<number>()
    expectTypeOf<Row['happened.name']>().toEqualTypeOf<number[]>()
    expectTypeOf<Row['happened.attributes']>().toEqualTypeOf<Record<string, string>[]>()
    expectTypeOf<Row['status_code']>().toEqualTypeOf<number>()
    expectTypeOf<Row['http_route']>().toEqualTypeOf<string>()
    expectTypeOf<Row['flag']>().toEqualTypeOf<boolean>()
    expectTypeOf<Row['span_name']>().toEqualTypeOf<string>()
    // @ts-expect-error: it is left out
    expectTypeOf<Row['links.trace_id']>()
    // @ts-expect-error: it has another name
    expectTypeOf<Row['events.name']>()
    const names = Object.keys(own.toRow(makeSpan()))
    expect(names).toEqual(expect.arrayContaining(['took_ms', 'happened.name', 'flag']))
    expect(names.filter((name) => /^(links|events|trace_state)/.test(name))).toEqual([])
  })
})
