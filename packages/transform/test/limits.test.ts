import { expect, test } from 'vitest'
import { flatTraces, type Limits, newTally, type Tally } from '../src/index.js'
import { makeSpan } from './spans.js'

const list = <T>(length: number, item: (n: number) => T): T[] =>
  Array.from({ length }, (_, n) => item(n))

function rowOf(
  changes: Record<string, unknown>,
  limits: Limits,
): { row: Record<string, unknown>; tally: Tally } {
  const tally = newTally()
  return { row: flatTraces.toRow(makeSpan(changes), tally, limits), tally }
}

test('long values end in … within the limit, never inside a surrogate pair', () => {
  const attributes = { short: 'abcd', long: 'abcde', pair: 'ab👍de', list: [1, 2, 3] }
  const { row, tally } = rowOf({ attributes }, { attributeValueLength: 4 })
  expect(row['attributes']).toEqual({ short: 'abcd', long: 'abc…', pair: 'ab…', list: '[1,…' })
  expect(row['resource_attributes']).toMatchObject({
    'service.name': 'shop',
    'project.name': 'demo',
    'deployment.environment.name': 'test',
  })
  expect(tally.truncatedValues).toBe(4) // and the event's, the link's
})

test('attributes over the limit are dropped and say so', () => {
  const { row, tally } = rowOf(
    {
      attributes: { a: 1, b: 2, c: 3 },
      droppedAttributesCount: 4,
      events: [{ name: 'e', attributes: { a: 1, b: 2, c: 3 } }],
      links: [],
    },
    { attributeCount: 2 },
  )
  expect(row['attributes']).toEqual({ a: '1', b: '2', 'otel.dropped_attributes_count': '5' })
  expect(row['events.attributes']).toEqual([
    { a: '1', b: '2', 'otel.dropped_attributes_count': '1' },
  ])
  expect(tally.droppedAttributes).toBe(2)
})

test('events and links over the limit are dropped and say so', () => {
  const events = list(5, (n) => ({ name: `e${n}`, time: [n, 0] }))
  const links = list(3, (n) => ({ context: { traceId: `${n}a`, spanId: 'b' } }))
  const { row, tally } = rowOf(
    { events, links, attributes: {}, droppedLinksCount: 1 },
    { eventCount: 2, linkCount: 0 },
  )
  expect(row).toMatchObject({
    'events.name': ['e0', 'e1'],
    'events.attributes': [{}, {}],
    'links.trace_id': [],
  })
  expect(row['attributes']).toEqual({
    'otel.dropped_events_count': '3',
    'otel.dropped_links_count': '4',
  })
  expect(tally).toMatchObject({ droppedEvents: 3, droppedLinks: 3 })
})

test('dropped counts of the SDK stand in attributes only when not zero, and over an attribute of that name', () => {
  const { row } = rowOf(
    { attributes: { 'otel.dropped_events_count': 'mine' }, droppedEventsCount: 7 },
    {},
  )
  expect(row['attributes']).toEqual({ 'otel.dropped_events_count': '7' })
})

test('without limits nothing ordinary is cut: a megabyte, 10,000 events, 1,000 attributes', () => {
  const attributes = {
    big: 'x'.repeat(1024 * 1024),
    ...Object.fromEntries(list(1000, (n) => [`k${n}`, n])),
  }
  const { row, tally } = rowOf(
    { attributes, events: list(10_000, (n) => ({ name: `e${n}`, time: [n, 0] })) },
    {},
  )
  expect((row['attributes'] as Record<string, string>)['big']).toHaveLength(1024 * 1024)
  expect(Object.keys(row['attributes'] as object)).toHaveLength(1001)
  expect(row['events.name']).toHaveLength(10_000)
  expect(tally).toEqual(newTally())
})
