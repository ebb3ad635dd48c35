import type { EdgeRow, ServiceRow } from '@spanhouse/queries'
import { expect, test } from 'vitest'
import { buildGraph, neighbourhood } from '../src/services/graph.js'
import { layOut, NODE, pathOf } from '../src/services/layout.js'
import { nearest } from '../src/services/slots.js'

const service = (name: string, requests = 10): ServiceRow => ({
  service: name,
  requests,
  errors: 0,
  spans: requests,
  rate: 1,
  p50_ns: 1,
  p95_ns: 2,
  p99_ns: 3,
  last_us: 0,
})

const call = (
  caller: string,
  callee: string,
  callee_kind: EdgeRow['callee_kind'] = 'service',
  calls = 1,
): EdgeRow => ({ caller, callee, callee_kind, calls, errors: 0, p50_ns: 1, p95_ns: 2 })

function lay(calls: readonly EdgeRow[], services: readonly ServiceRow[] = []) {
  const graph = buildGraph(services, calls)
  const layout = layOut({ nodes: graph.nodes.map(({ id }) => id), edges: graph.edges })
  const x = (id: string) => layout.places.get(id)?.x ?? Number.NaN
  return { graph, layout, x }
}

function expectNoOverlaps({ places, width, height }: ReturnType<typeof layOut>) {
  const all = [...places.values()]
  for (const [index, a] of all.entries()) {
    expect(a.x).toBeGreaterThanOrEqual(0)
    expect(a.y).toBeGreaterThanOrEqual(0)
    expect(a.x + NODE.width).toBeLessThanOrEqual(width)
    expect(a.y + NODE.height).toBeLessThanOrEqual(height)
    for (const b of all.slice(index + 1))
      expect(Math.abs(a.x - b.x) >= NODE.width || Math.abs(a.y - b.y) >= NODE.height).toBe(true)
  }
}

/** Numbers between 0 and 1, the same in every run. */
function sequence(seed: number) {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

test('a peer that sends no spans is a node of its own kind, even with the name of a service', () => {
  const { graph } = lay(
    [call('shop', 'orders'), call('shop', 'orders', 'database')],
    [service('orders')],
  )
  expect(graph.nodes.map(({ id, row }) => [id, row?.service])).toEqual([
    ['database:orders', undefined],
    ['service:orders', 'orders'],
    ['service:shop', undefined],
  ])
})

test('callees stand to the right of their callers', () => {
  const { x } = lay([
    call('web', 'shop'),
    call('shop', 'pg', 'database'),
    call('web', 'pg', 'database'),
  ])
  expect(x('service:web')).toBeLessThan(x('service:shop'))
  expect(x('service:shop')).toBeLessThan(x('database:pg'))
})

test('services that call each other in a circle get places, with the entry first', () => {
  const { x, layout } = lay([
    call('b', 'c'),
    call('c', 'a'),
    call('a', 'b'),
    call('web', 'b'),
    call('a', 'a'),
  ])
  expect(['web', 'b', 'c', 'a'].map((name) => x(`service:${name}`))).toEqual(
    [0, 1, 2, 3].map((layer) => NODE.margin + layer * (NODE.width + NODE.gapX)),
  )
  expectNoOverlaps(layout)
})

test('circles make a map no longer: what leads back or aside does not count', () => {
  const names = Array.from({ length: 40 }, (_, index) => `s${`${index}`.padStart(2, '0')}`)
  const tree = names.slice(1).map((name, index) => call(names[Math.floor(index / 3)] ?? '', name))
  const back = names.map((name, index) => call(name, names[(index * 7) % 40] ?? ''))
  const width = (calls: EdgeRow[]) =>
    new Set([...lay(calls).layout.places.values()].map(({ x }) => x)).size
  expect(width(tree)).toBe(4)
  expect(width([...tree, ...back, call('web', 's00')])).toBeLessThanOrEqual(5)
})

test('services of a circle in the same layer are connected on their right side', () => {
  const { layout, x } = lay([call('web', 'a'), call('web', 'b'), call('a', 'b'), call('b', 'a')])
  expect(x('service:a')).toBe(x('service:b'))
  const route = layout.routes[0] ?? [] // a → b
  expect(route[0]?.x).toBe(x('service:a') + NODE.width)
  expect(route.at(-1)?.x).toBe(x('service:a') + NODE.width)
})

test('a line leads from its caller to its callee, also where it leads back, and a call of itself has none', () => {
  const { graph, layout } = lay([call('a', 'b'), call('b', 'a'), call('b', 'b')])
  const ends = graph.edges.map(({ from, to }, index) => {
    const route = layout.routes[index] ?? []
    return [from, to, route[0]?.x, route.at(-1)?.x]
  })
  const [a, b] = [NODE.margin + NODE.width, NODE.margin + NODE.width + NODE.gapX]
  expect(ends).toEqual([
    ['service:a', 'service:b', a, b],
    ['service:b', 'service:a', b, a],
    ['service:b', 'service:b', undefined, undefined],
  ])
  expect(pathOf(layout.routes[0] ?? [])).toMatch(/^M200,\d+L304,\d+$/)
})

test('other rates and another order of the rows move nothing', () => {
  const calls = [
    call('web', 'shop'),
    call('shop', 'pg', 'database'),
    call('web', 'cart'),
    call('cart', 'redis', 'database'),
  ]
  const services = ['web', 'shop', 'cart', 'lonely'].map((name) => service(name))
  const first = lay(calls, services).layout
  const busier = calls.map((row) => ({ ...row, calls: row.calls * 100, errors: 7 })).reverse()
  const second = lay(busier, services.map((row) => ({ ...row, rate: 99 })).reverse()).layout
  expect(second.places).toEqual(first.places)
  expect(second.routes).toEqual(first.routes)
})

test('fifty services with many calls, circles among them, overlap nowhere, and lines pass no node', () => {
  for (const seed of [1, 2, 3]) {
    const random = sequence(seed)
    const name = (index: number) => `service-${index}`
    const calls = Array.from({ length: 90 }, () =>
      call(name(Math.floor(random() * 45)), name(Math.floor(random() * 45))),
    )
    const { layout } = lay(
      calls,
      Array.from({ length: 50 }, (_, index) => service(name(index))),
    )
    expect(layout.places.size).toBe(50)
    expectNoOverlaps(layout)
    for (const points of layout.routes)
      for (const [index, { x, y }] of points.entries()) {
        const before = points[index - 1]
        if (!before || Math.abs(before.x - x) !== NODE.width) continue
        const [left, right] = [Math.min(before.x, x), Math.max(before.x, x)]
        for (const place of layout.places.values())
          expect(
            place.x >= right ||
              place.x + NODE.width <= left ||
              y <= place.y ||
              y >= place.y + NODE.height,
          ).toBe(true)
      }
  }
})

test('services without calls stand below in rows', () => {
  const { layout } = lay(
    [call('a', 'b')],
    Array.from({ length: 9 }, (_, index) => service(`s${index}`)),
  )
  expect(layout.places.size).toBe(11)
  expectNoOverlaps(layout)
  const rows = new Set([...layout.places.values()].map(({ y }) => y))
  expect(rows.size).toBe(4)
})

test('a map of nothing has a size and no places', () => {
  const { layout } = lay([])
  expect(layout.places.size).toBe(0)
  expect(layout.height).toBeGreaterThan(0)
})

test('the neighbourhood of a service is what it calls and what calls it', () => {
  const { graph } = lay([call('a', 'b'), call('b', 'c'), call('c', 'd')])
  expect([...neighbourhood(graph, 'service:b')].sort()).toEqual([
    'service:a',
    'service:b',
    'service:c',
  ])
})

test('positions keep their order and their distance and are as near as can be to those wanted', () => {
  expect(nearest([0, 100, 200], [0, 50, 100])).toEqual([0, 100, 200])
  expect(nearest([10, 10, 10], [0, 50, 100])).toEqual([-40, 10, 60])
  expect(nearest([100, 0], [0, 50])).toEqual([25, 75])
})
