import { expect, test } from 'vitest'
import { flatTraces, newTally } from '../src/index.js'
import { makeSpan } from './spans.js'

test('a resource is read once for all its spans, and counts its repairs in each', () => {
  let reads = 0
  const attributes = Object.defineProperty({ 'project.name': 'p\ud800' }, 'service.name', {
    enumerable: true,
    get: () => `service ${++reads}`,
  })
  const span = makeSpan({ resource: { attributes } })
  const [first, second] = [newTally(), newTally()]
  expect(flatTraces.toLine(span, first)).toBe(flatTraces.toLine(span, second))
  expect(reads).toBe(2) // one for service_name, one for resource_attributes
  expect(first.repairedStrings).toBe(2)
  expect(second).toEqual(first)
})

test('nothing is remembered while attributes are pending', () => {
  const resource = { attributes: { 'service.name': 'early' }, asyncAttributesPending: true }
  const span = makeSpan({ resource })
  expect(flatTraces.toRow(span)['service_name']).toBe('early')
  resource.attributes['service.name'] = 'late'
  resource.asyncAttributesPending = false
  expect(flatTraces.toRow(span)['service_name']).toBe('late')
})

test('replaced attributes are noticed, and so is a renamed scope', () => {
  const resource = { attributes: { 'service.name': 'one' } }
  const instrumentationScope = { name: 'one', version: '1' }
  const span = makeSpan({ resource, instrumentationScope })
  expect(flatTraces.toRow(span)).toMatchObject({
    service_name: 'one',
    scope_name: 'one',
    scope_version: '1',
  })
  resource.attributes = { 'service.name': 'two' }
  Object.assign(instrumentationScope, { name: 'two', version: '2' })
  expect(flatTraces.toRow(span)).toMatchObject({
    service_name: 'two',
    scope_name: 'two',
    scope_version: '2',
  })
})

test.each([undefined, null, 5, {}])(
  'a resource and scope that are %o leave their columns empty',
  (absent) => {
    const tally = newTally()
    const row = flatTraces.toRow(
      makeSpan({ resource: absent, instrumentationScope: absent }),
      tally,
    )
    expect(row).toMatchObject({
      service_name: '',
      environment: '',
      resource_attributes: {},
      scope_name: '',
      scope_version: '',
    })
    expect(tally).toEqual(newTally())
  },
)
