import { describe, expect, test } from 'vitest'
import { makeLog } from '../../../transform/test/logs.js'
import { makeSpan } from '../../../transform/test/spans.js'
import type { Condition } from '../../src/config/routing-options.js'
import { keeps } from '../../src/routing/conditions.js'
import { anyMatcher, matcher } from '../../src/routing/pattern.js'

describe('a pattern', () => {
  test.each([
    ['GET /cart', 'GET /cart', true],
    ['GET /cart', 'GET /cart/7', false],
    ['GET *', 'GET /cart', true],
    ['*', '', true],
    ['*/cart', '/cart', true],
    ['a*a', 'a', false],
    ['a*b*c', 'a--b--c', true],
    ['a*b*c', 'acb', false],
    ['a**c', 'ac', true],
    ['get *', 'GET /cart', false],
    ['a.c', 'abc', false],
  ])('%j fits %j: %s', (pattern, text, fits) => {
    expect(matcher(pattern)(text)).toBe(fits)
  })

  test('takes a time that grows with the text alone', () => {
    const text = 'a'.repeat(1_000_000)
    expect(matcher(`${'a*'.repeat(400)}b`)(text)).toBe(false) // a regular expression would take years
  })

  test('may ignore capital letters, and remembers answers of bounded number', () => {
    const fits = anyMatcher(['*Password*'], true)
    for (let n = 0; n < 3000; n++) expect(fits(`user.passWord.${n}`)).toBe(true)
    expect(fits('user.name')).toBe(false)
  })
})

const span = makeSpan() // GET /cart of the service shop, 145 ms, failed, by the scope http
const log = makeLog() // "the card was declined", ERROR

const MET: [Condition, on: 'traces' | 'logs', boolean][] = [
  [{ name: 'GET *' }, 'traces', true],
  [{ name: 'POST *' }, 'traces', false],
  [{ name: 'GET *', service: 'mail' }, 'traces', false],
  [{ service: 'sh*' }, 'logs', true],
  [{ scope: 'http' }, 'traces', true],
  [{ attribute: { 'http.route': '/cart' } }, 'traces', true],
  [{ attribute: { 'http.response.status_code': '5*' } }, 'traces', true],
  [{ attribute: { 'project.name': 'demo' } }, 'traces', true], // of the resource
  [{ attribute: { missing: '*' } }, 'traces', false],
  [{ attribute: { toString: '*' } }, 'traces', false],
  [{ durationMs: { min: 145 } }, 'traces', true],
  [{ durationMs: { max: 144 } }, 'traces', false],
  [{ status: 'error' }, 'traces', true],
  [{ status: 'unset' }, 'logs', false],
  [{ severity: { min: 'error' } }, 'logs', true],
  [{ severity: { max: 'warn' } }, 'logs', false],
  [{ severity: { min: 17, max: 17 } }, 'logs', true],
  [{ severity: { min: 'trace' } }, 'traces', false],
  [{ body: '*declined' }, 'logs', true],
  [{ name: 'payment.*' }, 'logs', true],
]

test.each(MET)('the condition %j on %s is met: %s', (condition, signal, isMet) => {
  const record = signal === 'traces' ? span : log
  expect(keeps({ keep: [condition] }, signal)(record)).toBe(isMet)
  expect(keeps({ drop: [condition] }, signal)(record)).toBe(!isMet)
})

test('drop is stronger than keep, and without keep everything else stays', () => {
  expect(keeps({ keep: [{ name: '*' }], drop: [{ service: 'shop' }] }, 'traces')(span)).toBe(false)
  expect(keeps({}, 'traces')(span)).toBe(true)
})

test('a record that cannot be read meets no condition, and nothing throws', () => {
  const hostile = new Proxy({}, { get: () => { throw new Error('trap') } }) // biome-ignore format: one line
  for (const [condition, signal] of MET)
    expect(keeps({ keep: [condition] }, signal)(hostile as never)).toBe(false)
})
