import { buildTrace } from '@spanhouse/queries'
import { expect, test } from 'vitest'
import { findSpans, nextOf } from '../../src/trace/find.js'
import { isTraceId, shortId } from '../../src/trace/ids.js'
import { keepsAsking, pollMs } from '../../src/trace/refetch.js'
import { span } from './spans.js'

const trace = buildTrace([
  span('a', '', [0, 9], { name: 'GET /users', attributes: { 'http.route': '/users' } }),
  span('b', 'a', [1, 2], { resource: { 'host.name': 'Pod-7' }, status: 'error' }),
  span('c', 'a', [2, 3], {
    events: [
      { offset_ns: 0, name: 'exception', attributes: { 'exception.message': 'Card declined' } },
    ],
  }),
])

test.each([
  ['get /USERS', [0]],
  ['http.route=/users', [0]],
  ['pod-7', [1]],
  ['error', [1]],
  ['card DECLINED', [2]],
  ['shop', [0, 1, 2]],
  ['nothing', []],
  ['  ', []],
])('finds %j', (text, found) => {
  expect(findSpans(trace, text)).toEqual(found)
})

test('next and previous go round', () => {
  expect(nextOf([2, 5, 9], 5, 1)).toBe(9)
  expect(nextOf([2, 5, 9], 9, 1)).toBe(2)
  expect(nextOf([2, 5, 9], 5, -1)).toBe(2)
  expect(nextOf([2, 5, 9], 2, -1)).toBe(9)
  expect(nextOf([2], 2, 1)).toBe(2)
  expect(nextOf([], 2, 1)).toBeUndefined()
})

test('a trace that is not there is waited for; one that has just ended until nothing comes any more', () => {
  const base = { openedMs: 1e6, grownMs: 1e6, endedMs: undefined, nowMs: 1e6 + 5000 }
  expect(keepsAsking(base)).toBe(true)
  expect(keepsAsking({ ...base, nowMs: 1e6 + 20_000 })).toBe(false)
  expect(keepsAsking({ ...base, endedMs: 1e6 - 2000 })).toBe(true)
  expect(keepsAsking({ ...base, endedMs: 1e6 + 3600_000 })).toBe(true)
  expect(keepsAsking({ ...base, endedMs: 1e6 - 3600_000 })).toBe(false)
  expect(keepsAsking({ ...base, endedMs: 1e6, nowMs: 1e6 + 12_000 })).toBe(false)
  expect(keepsAsking({ ...base, endedMs: 1e6, grownMs: 1e6 + 9000, nowMs: 1e6 + 12_000 })).toBe(
    true,
  )
})

test('a large trace is asked for less often', () => {
  expect([pollMs(0), pollMs(100), pollMs(10_000)]).toEqual([1000, 1000, 4000])
})

test('knows what can be an id', () => {
  expect(isTraceId('0af7651916cd43dd8448eb211c80319c')).toBe(true)
  expect(isTraceId('0'.repeat(32))).toBe(false)
  expect(isTraceId('<script>')).toBe(false)
  expect(shortId('0af7651916cd43dd8448eb211c80319c')).toBe('0af76519…')
})
