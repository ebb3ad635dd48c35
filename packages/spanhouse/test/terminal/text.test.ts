import { describe, expect, test } from 'vitest'
import { displayWidth, fit, fitEnd, fitStart } from '../../src/terminal/display-width.js'
import { table } from '../../src/terminal/table.js'
import { wrap } from '../../src/terminal/wrap.js'

test.each([
  ['plain', 5],
  ['', 0],
  ['漢字', 4],
  ['한글', 4],
  ['ｱ', 1],
  ['ｗ', 2],
  ['é', 1],
  ['e\u0301', 1],
  ['👩‍👩‍👧', 2],
  ['🇩🇪', 2],
  ['👍🏽', 2],
  ['❤️', 2],
  ['1️⃣', 2],
  ['✗ … × └─', 8],
  ['a\u200db', 2],
])('%s takes %d columns', (text, width) => expect(displayWidth(text)).toBe(width))

describe('a text that is fitted', () => {
  test('never takes more columns than it may, and says with … that it was cut', () => {
    expect(fit('abcdef', 6)).toBe('abcdef')
    expect(fit('abcdef', 5)).toBe('abcd…')
    expect(fit('漢字漢字', 8)).toBe('漢字漢字')
    expect(fit('漢字漢字', 7)).toBe('漢字漢…')
    expect(fit('漢字漢字', 6)).toBe('漢字…')
    expect(fit('👩‍👩‍👧👩‍👩‍👧', 3)).toBe('👩‍👩‍👧…')
    expect(fit('abc', 1)).toBe('…')
    expect(fit('abc', 0)).toBe('')
    expect(fit('', 3)).toBe('')
  })

  test('is filled to the width on either side', () => {
    expect(fitStart('漢', 4)).toBe('漢  ')
    expect(fitEnd('漢', 4)).toBe('  漢')
    expect(fitStart('漢字漢字', 6)).toBe('漢字… ')
  })
})

test('wraps at spaces, indents after the first line, and leaves long words whole', () => {
  expect(wrap('one two three', 9, { start: '✗ ' })).toEqual(['✗ one two', '  three'])
  expect(wrap('see https://example.com/a/long/link now', 10)).toEqual([
    'see',
    'https://example.com/a/long/link',
    'now',
  ])
  expect(wrap('漢字 漢字', 6)).toEqual(['漢字', '漢字'])
  expect(wrap('', 10)).toEqual([''])
})

test('wraps to a number of lines at most', () => {
  expect(wrap('one two three four five', 9, { maxLines: 2 })).toEqual(['one two', 'three …'])
})

describe('a table', () => {
  const columns = [
    { heading: 'service', shrinksTo: 4 },
    { heading: 'operation', shrinksTo: 6 },
    { heading: 'p50', toRight: true, leftOut: 2 },
    { heading: 'p95', toRight: true, leftOut: 1 },
  ]
  const rows = [
    ['shop', 'GET /users', '1.24 ms', '12.4 ms'],
    ['漢字', 'POST', '9 ms', '850 µs'],
  ]

  test('aligns its cells', () => {
    expect(table(columns, rows, 80)).toEqual([
      'service  operation       p50      p95',
      'shop     GET /users  1.24 ms  12.4 ms',
      '漢字     POST           9 ms   850 µs',
    ])
  })

  test('cuts what may shrink, then leaves columns out', () => {
    expect(table(columns, rows, 30)).toMatchInlineSnapshot(`
      [
        "ser…  opera…      p50      p95",
        "shop  GET /…  1.24 ms  12.4 ms",
        "漢字  POST       9 ms   850 µs",
      ]
    `)
    for (let width = 12; width < 40; width++)
      for (const line of table(columns, rows, width))
        expect(displayWidth(line)).toBeLessThanOrEqual(width)
    expect(table(columns, rows, 14)[0]).toBe('servi…  opera…')
  })

  test('colours cells that have their width already', () => {
    const lines = table(columns, rows, 80, (cell, row, column) =>
      row === 0 && column === 0 ? `<${cell}>` : cell,
    )
    expect(lines[1]).toBe('<shop   >  GET /users  1.24 ms  12.4 ms')
  })
})
