import { buildTrace } from '@spanhouse/queries'
import { expect, test } from 'vitest'
import { shownNodes } from '../../src/trace/folds.js'
import { treeOf } from '../../src/trace/nodes.js'
import {
  NO_NOISE,
  type Noise,
  noiseText,
  parseNoise,
  scopesOf,
  withoutNoise,
} from '../../src/trace/noise.js'
import { shopTrace, span } from './spans.js'

const shown = (trace = shopTrace(), noise: Noise = NO_NOISE) => {
  const tree = treeOf(trace)
  const filtered = withoutNoise(tree, noise)
  return {
    keys: shownNodes(tree, new Map(), filtered?.kept).map((n) => tree.nodes[n]?.key),
    hidden: filtered?.hiddenSpans ?? 0,
  }
}

test('without a filter everything is shown', () => {
  expect(shown()).toEqual({ keys: ['a', 'b', 'c', 'repeat q0'], hidden: 0 })
})

test('spans of a kind are left out, with the groups that then are empty', () => {
  expect(shown(shopTrace(), { ...NO_NOISE, internal: true })).toEqual({
    keys: ['a', 'repeat q0'],
    hidden: 2,
  })
  expect(shown(shopTrace(), { ...NO_NOISE, shorterNs: 8.5e6 })).toEqual({
    keys: ['a', 'b'],
    hidden: 7,
  })
})

test('what has something else below it stays, and so does a failed span', () => {
  const trace = buildTrace([
    span('root', '', [0, 100], { kind: 'server' }),
    span('middleware', 'root', [1, 50]),
    span('query', 'middleware', [2, 40], { kind: 'client' }),
    span('empty', 'root', [50, 60]),
    span('failed', 'root', [60, 61], { status: 'error' }),
  ])
  expect(shown(trace, { ...NO_NOISE, internal: true }).keys).toEqual([
    'root',
    'middleware',
    'query',
    'failed',
  ])
})

test('spans of an instrumentation are left out', () => {
  const trace = buildTrace([
    span('root', '', [0, 100]),
    span('open', 'root', [1, 2], { scope_name: 'fs' }),
    span('read', 'root', [2, 3], { scope_name: 'fs' }),
  ])
  expect(shown(trace, { ...NO_NOISE, scopes: ['fs'] })).toEqual({ keys: ['root'], hidden: 2 })
  expect(scopesOf(trace)).toEqual([
    ['fs', 2],
    ['', 1],
  ])
})

test('the address keeps the filter, whatever the names are', () => {
  const noise: Noise = { internal: true, shorterNs: 1e6, scopes: ['@a/b,c:d', 'ä %'] }
  expect(parseNoise(noiseText(noise))).toEqual(noise)
  expect(noiseText(NO_NOISE)).toBe('')
  expect(parseNoise('what,shorter:-1,scope:%E0%A4%A')).toEqual({
    ...NO_NOISE,
    scopes: ['%E0%A4%A'],
  })
})
