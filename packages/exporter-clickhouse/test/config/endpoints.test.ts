import { describe, expect, test } from 'vitest'
import { explain } from '../../src/config/explanation.js'
import { gather } from '../../src/config/gather.js'
import { env, envWithFile, errorOf, only, parse } from './config-kit.js'

const [A, B, C] = ['http://a:8123', 'http://b:8123', 'http://c:8123'] as const

/** The hosts of the only destination, and how they are chosen. */
function hosts(options: unknown, env?: Record<string, string>) {
  const { hosts: found, endpoint } = only(options, env)
  if (found) expect(found.endpoints[0]).toEqual(endpoint)
  return found && [...found.endpoints.map(({ host }) => host), found.order]
}

describe('endpoints', () => {
  test('are the hosts of one destination; the first is its endpoint, and carries the credentials', () => {
    const options = { endpoints: ['http://ann:secret@a:8123?database=db', B] }
    expect(hosts(options)).toEqual(['a:8123', 'b:8123', 'in_order'])
    const { username, password, targets, endpoint } = only(options)
    expect([username, password, targets[0].database]).toEqual(['ann', 'secret', 'db'])
    expect(endpoint.href).toBe('http://a:8123/')
  })

  test('may stand beside an endpoint, which then is the first; none counts twice', () => {
    expect(hosts({ endpoint: C, endpoints: [A, B, C, A] })?.slice(0, -1)).toEqual([
      'c:8123',
      'a:8123',
      'b:8123',
    ])
  })

  test('come from files and variables too', () => {
    const file = envWithFile({ endpoints: [A, B], endpointOrder: 'random' })
    expect(hosts({}, file)).toEqual(['a:8123', 'b:8123', 'random'])
    const variables = env({ ENDPOINTS: `${A}, ${B}`, ENDPOINT_ORDER: 'ROUND_ROBIN' })
    expect(hosts({}, variables)).toEqual(['a:8123', 'b:8123', 'round_robin'])
  })

  test('of a weaker source are not hosts of a stronger endpoint', () => {
    const file = envWithFile({ endpoints: [A, B] }, { ENDPOINT: C })
    expect(hosts({}, file)).toBeUndefined()
    expect(only({}, file).endpoint.host).toBe('c:8123')
    expect(hosts({ endpoints: [A, C] }, file)).toEqual(['a:8123', 'c:8123', 'in_order'])
  })

  test('belong to one of several destinations, by name or in the list', () => {
    const variables = env({
      DESTINATIONS: 'east,west',
      EAST_ENDPOINTS: `${A},${B}`,
      WEST_ENDPOINT: C,
    })
    const { destinations } = parse({}, variables)
    expect(destinations.map(({ name, hosts }) => [name, hosts?.endpoints.length])).toEqual([
      ['east', 2],
      ['west', undefined],
    ])
    const listed = parse({ destinations: [{ name: 'one', endpoints: [A, B] }] }).destinations
    expect(listed.map(({ name, hosts }) => [name, hosts?.endpoints.length])).toEqual([['one', 2]])
    const outside = parse({ endpoints: [A, B], destinations: [{ name: 'one', endpoint: C }] })
    expect(outside.destinations.map(({ hosts }) => hosts?.endpoints.length)).toEqual([2, undefined])
  })

  test('a lone endpoint has no hosts, unless an order is given: then its name may have several addresses', () => {
    expect(hosts({ endpoint: A })).toBeUndefined()
    expect(hosts({ endpoints: [A] })).toBeUndefined()
    expect(hosts({ endpoint: A, endpointOrder: 'random' })).toEqual(['a:8123', 'random'])
  })

  test.each([
    [[], /endpoints must not be empty/],
    ['http://a', /endpoints must be a list/],
    [[A, 'ftp://b'], /endpoints\.1 must begin with http/],
    [[A, ''], /endpoints\.1 must be a URL/],
    [[A, 'https://b'], /all begin with http:\/\/, or all with https/],
    [[A, 'http://u:hidden@b'], /only the first may carry a user/],
    [[A, 'http://b?database=db'], /only the first may carry/],
    [[A, 'clickhouse://b/db'], /only the first may carry/],
    [Array.from({ length: 17 }, (_, n) => `http://h${n}`), /17 are too many/],
  ])('%j is refused with one problem, which shows no secret', (endpoints, problem) => {
    const { problems } = errorOf({ endpoints })
    expect(problems).toEqual([expect.stringMatching(problem)])
    expect(problems.join()).not.toContain('hidden')
  })

  test('in a variable that cannot be used are ignored, with a warning', () => {
    const { doubts } = parse({}, env({ ENDPOINTS: `${A},nonsense` }))
    expect(doubts).toEqual([expect.stringMatching(/CLICKHOUSE_ENDPOINTS: each entry must be/)])
    const mixed = parse({}, env({ ENDPOINTS: `${A},https://b` }))
    expect(mixed.doubts).toEqual([expect.stringMatching(/CLICKHOUSE_ENDPOINTS cannot be used/)])
    expect(mixed.destinations[0]?.endpoint.host).toBe('localhost:8123')
  })

  test('are explained without their secrets', () => {
    const explained = explain(gather({ endpoints: ['http://ann:hidden@a:8123', B] }, {}))
    const shown = explained.settings.find(({ option }) => option === 'endpoints')
    expect(shown).toMatchObject({ value: 'http://a:8123/, http://b:8123/', source: 'code' })
    expect(JSON.stringify(explained)).not.toContain('hidden')
  })
})
