import { expect, test } from 'vitest'
import { recogniseLogTable, recogniseSpanTable, type ServerColumn } from '../../src/index.js'
import { columnsOf } from './columns.js'

const at = { database: 'telemetry', table: 'logs' }
const named = (columns: Record<string, string>): ServerColumn[] =>
  Object.entries(columns).map(([name, type]) => ({ name, type }))
const minimal = { trace_id: 'String', timestamp: 'DateTime64(3)', body: 'String' }

test.each(Object.keys(minimal))('without a column for %s a table has no logs', (missing) => {
  expect(recogniseLogTable(at, named(minimal))).toBeDefined()
  const others = named(minimal).filter(({ name }) => name !== missing)
  expect(recogniseLogTable(at, others)).toBeUndefined()
})

test.each(['flat', 'otel'] as const)('a table of spans has no logs: %s', (family) => {
  const columns = [...columnsOf(family), { name: 'message', type: 'String' }]
  expect(recogniseSpanTable(at, columns)).toBeDefined()
  expect(recogniseLogTable(at, columns)).toBeUndefined()
})

test('a logger’s name does not make a log a table of spans only', () => {
  const columns = named({ ...minimal, span_id: 'String', name: 'String' })
  expect(recogniseLogTable(at, columns)?.fields.body).toBe('log.body')
})

test.each([
  ['Map(String, String)', 'toJSONString(log.body)'],
  ['JSON', 'toString(log.body)'],
  ['Nullable(String)', "ifNull(log.body, '')"],
])('a body of type %s is read as text', (type, expression) => {
  expect(recogniseLogTable(at, named({ ...minimal, body: type }))?.fields.body).toBe(expression)
})

test('a severity of any whole number fits, and a text is no number', () => {
  const severity = (type: string) =>
    recogniseLogTable(at, named({ ...minimal, severity_number: type }))?.fields.severityNumber
  expect(severity('UInt8')).toBe('log.severity_number')
  expect(severity('Int32')).toBe('toUInt8(least(greatest(log.severity_number, 0), 24))')
  expect(severity('String')).toBe('toUInt8(0)')
})

test('without a column for the service it is read from the resource', () => {
  const columns = named({ ...minimal, ResourceAttributes: 'Map(String, String)' })
  expect(recogniseLogTable(at, columns)?.fields.service).toBe(
    "log.ResourceAttributes['service.name']",
  )
})
