import type { TraceRow } from '@spanhouse/queries'
import { expect, test } from 'vitest'
import { received, released, replaced } from '../src/traces/live-list.js'

const row = (trace_id: string, spans = 1): TraceRow => ({
  trace_id,
  start_us: 0,
  duration_ns: 1,
  root_service: 'shop',
  root_name: 'GET /',
  has_root: true,
  spans,
  errors: 0,
  services: ['shop'],
})
const ids = (rows: readonly TraceRow[] | undefined) => rows?.map((one) => one.trace_id)

test('new traces are shown and marked for a while', () => {
  let list = replaced([row('a')])
  expect(list.fresh.size).toBe(0)
  list = received(list, [row('b'), row('a')], { isHeld: false, nowMs: 1000 })
  expect(ids(list.rows)).toEqual(['b', 'a'])
  expect([...list.fresh.keys()]).toEqual(['b'])
  list = received(list, [row('c'), row('b'), row('a')], { isHeld: false, nowMs: 2000 })
  expect([...list.fresh.keys()]).toEqual(['b', 'c'])
  list = received(list, list.rows, { isHeld: false, nowMs: 5500 })
  expect([...list.fresh.keys()]).toEqual(['c'])
})

test('while the list is held no row moves, the new ones are counted, and those shown still grow', () => {
  let list = replaced([row('a', 1)])
  list = received(list, [row('b'), row('a', 7)], { isHeld: true, nowMs: 1000 })
  expect(ids(list.rows)).toEqual(['a'])
  expect(list.rows[0]?.spans).toBe(7)
  expect(list.waitingCount).toBe(1)
  list = released(list, 2000)
  expect(ids(list.rows)).toEqual(['b', 'a'])
  expect(list.waitingCount).toBe(0)
})

test('an empty list is never held', () => {
  const list = received(replaced([]), [row('a')], { isHeld: true, nowMs: 0 })
  expect(ids(list.rows)).toEqual(['a'])
})
