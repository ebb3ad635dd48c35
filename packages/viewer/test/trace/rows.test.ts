import { buildTrace } from '@spanhouse/queries'
import { describe, expect, test } from 'vitest'
import {
  type Folds,
  fold,
  foldToLevel,
  oneLevelLess,
  oneLevelMore,
  reveal,
  shownAncestor,
  shownNodes,
} from '../../src/trace/folds.js'
import { type Tree, treeOf } from '../../src/trace/nodes.js'
import { shopTrace, span } from './spans.js'

const NONE: Folds = new Map()
const at = (tree: Tree, key: string) => tree.numberOfKey.get(key) ?? -1
const outline = (tree: Tree, folds: Folds = NONE) =>
  shownNodes(tree, folds).map((number) => {
    const node = tree.nodes[number]
    return `${'  '.repeat(node?.depth ?? 0)}${node?.key}`
  })

describe('the rows of a waterfall', () => {
  test('repeated spans are one row, which opens to one row each', () => {
    const tree = treeOf(shopTrace())
    expect(outline(tree)).toEqual(['a', '  b', '    c', '  repeat q0'])
    expect(outline(tree, fold(tree, NONE, at(tree, 'repeat q0'), true))).toEqual([
      'a',
      '  b',
      '    c',
      '  repeat q0',
      ...Array.from({ length: 6 }, (_, n) => `    q${n}`),
    ])
  })

  test('orphans stand below the parent that is missing, once for each parent', () => {
    const tree = treeOf(
      buildTrace([
        span('a', '', [0, 9]),
        span('x', 'gone', [1, 2]),
        span('y', 'lost', [2, 3]),
        span('z', 'gone', [4, 5]),
        span('z1', 'z', [4, 5]),
      ]),
    )
    expect(outline(tree)).toEqual([
      'a',
      'missing gone',
      '  x',
      '  z',
      '    z1',
      'missing lost',
      '  y',
    ])
  })

  test('orphans of several missing parents are not one group', () => {
    const orphans = Array.from({ length: 6 }, (_, n) =>
      span(`o${n}`, `gone${n % 2}`, [n, n + 1], { name: 'GET' }),
    )
    const tree = treeOf(buildTrace(orphans))
    expect(outline(tree)).toEqual([
      'missing gone0',
      '  o0',
      '  o2',
      '  o4',
      'missing gone1',
      '  o1',
      '  o3',
      '  o5',
    ])
  })

  test('every span has exactly one node, even without an id', () => {
    const trace = buildTrace([
      span('', '', [0, 1]),
      span('', '', [1, 2]),
      span('loop', 'pool', [2, 3]),
      span('pool', 'loop', [2, 3]),
    ])
    const tree = treeOf(trace)
    expect(outline(tree, foldToLevel(tree, Infinity))).toHaveLength(4)
    for (const each of trace.spans)
      expect(tree.nodes[tree.numberOfSpan[each.index] ?? -1]?.span).toBe(each)
  })

  test('a chain of 10,000 spans has a row each', () => {
    const rows = Array.from({ length: 10_000 }, (_, n) =>
      span(`s${n}`, n === 0 ? '' : `s${n - 1}`, [n, 10_000]),
    )
    const tree = treeOf(buildTrace(rows))
    expect(shownNodes(tree, NONE)).toHaveLength(10_000)
    expect(tree.maxDepth).toBe(9999)
  })
})

describe('opening and closing', () => {
  const tree = treeOf(shopTrace())

  test('one node closes with everything below it', () => {
    expect(outline(tree, fold(tree, NONE, at(tree, 'a'), false))).toEqual(['a'])
    expect(outline(tree, fold(tree, NONE, at(tree, 'b'), false))).toEqual([
      'a',
      '  b',
      '  repeat q0',
    ])
  })

  test('all closes, all opens, and a level can be chosen', () => {
    expect(outline(tree, foldToLevel(tree, 1))).toEqual(['a'])
    expect(outline(tree, foldToLevel(tree, 2))).toEqual(['a', '  b', '  repeat q0'])
    expect(outline(tree, foldToLevel(tree, Infinity))).toHaveLength(10)
  })

  test('one level more opens the highest closed level, one level less closes the deepest open one', () => {
    const closed = foldToLevel(tree, 1)
    const one = oneLevelMore(tree, closed)
    expect(outline(tree, one)).toEqual(['a', '  b', '  repeat q0'])
    const two = oneLevelMore(tree, one)
    expect(outline(tree, two)).toHaveLength(10)
    expect(outline(tree, oneLevelMore(tree, two))).toHaveLength(10)
    expect(outline(tree, oneLevelLess(tree, two))).toEqual(['a', '  b', '  repeat q0'])
    expect(outline(tree, oneLevelLess(tree, oneLevelLess(tree, two)))).toEqual(['a'])
  })

  test('revealing a span opens everything it is in, also its group', () => {
    const closed = foldToLevel(tree, 1)
    expect(outline(tree, reveal(tree, closed, at(tree, 'q3')))).toContain('    q3')
    expect(outline(tree, reveal(tree, closed, at(tree, 'q3')))).not.toContain('    c')
  })

  test('the cursor goes to the nearest row above when its own is closed away', () => {
    const shown = new Set(shownNodes(tree, foldToLevel(tree, 2)))
    expect(shownAncestor(tree, shown, at(tree, 'c'))).toBe(at(tree, 'b'))
    expect(shownAncestor(tree, shown, at(tree, 'b'))).toBe(at(tree, 'b'))
  })
})
