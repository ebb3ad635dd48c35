import { expect, test } from 'vitest'
import { onThisMachine } from '../../../../test/kit/patience.js'
import {
  clockText,
  harmless,
  harmlessJson,
  harmlessLines,
  nsText,
  shortStack,
  timeText,
} from '../../src/index.js'

test.each([
  [0, '0 ns'],
  [1, '1 ns'],
  [850, '850 ns'],
  [999.6, '1.00 µs'],
  [1000, '1.00 µs'],
  [9_996, '10.0 µs'],
  [99_960, '100 µs'],
  [999_600, '1.00 ms'],
  [1_240_000, '1.24 ms'],
  [312_000_000, '312 ms'],
  [999_499_999, '999 ms'],
  [999_500_000, '1.00 s'],
  [59_940_000_000, '59.9 s'],
  [59_960_000_000, '1 min'],
  [125_000_000_000, '2 min 5 s'],
  [3_599_600_000_000, '1 h'],
  [3_660_000_000_000, '1 h 1 min'],
  [86_400_000_000_000, '1 d'],
  [273_600_000_000_000, '3 d 4 h'],
  [-1_240_000, '-1.24 ms'],
  [Number.NaN, '–'],
])('%d ns is %s', (ns, text) => expect(nsText(ns)).toBe(text))

test('times are text in UTC and in local time', () => {
  const us = 1_700_000_000_123_456
  expect(timeText(us, 'utc')).toBe('2023-11-14 22:13:20.123Z')
  expect(new Date(timeText(us)).getTime()).toBe(1_700_000_000_123)
  expect(timeText(us).endsWith(clockText(us))).toBe(true)
  expect(timeText(Number.NaN)).toBe('–')
})

test.each([
  ['plain text, 漢字, 👩‍👩‍👧 and é', 'plain text, 漢字, 👩‍👩‍👧 and é'],
  ['\x1b[31mred\x1b[0m and \x9b1mbold', 'red and bold'],
  ['\x1b]0;title\x07after', 'after'],
  ['\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\', 'link'],
  ['\x1b[2J\x1b[H', ''],
  ['\x1b alone', '\\x1b alone'],
  ['two\nlines\r\n\tand a tab', 'two\\nlines\\r\\n\\tand a tab'],
  ['\x00\x07\x08\x7f\x85', '\\x00\\x07\\x08\\x7f\\x85'],
  ['user\u202egnp.exe', 'user\\u202egnp.exe'],
  ['zero\u200bwidth\ufeff', 'zero\\u200bwidth\\ufeff'],
  ['line\u2028separator', 'line\\u2028separator'],
  ['tag\u{e0041}', 'tag\\u{e0041}'],
  ['half \ud83d pair', 'half \\ud83d pair'],
])('%j is harmless as %j', (text, expected) => expect(harmless(text)).toBe(expected))

test('a text is cut at a limit, not within a pair of surrogates', () => {
  expect(harmless('x'.repeat(20_000))).toHaveLength(10_000)
  expect(harmless('abcdef', 4)).toBe('abc…')
  expect(harmless('ab😀def', 4)).toBe('ab…')
})

test('sequences without an end take no time', () => {
  const started = performance.now()
  harmlessLines('\x1b]\x90\x9d\x1b['.repeat(100_000))
  expect(performance.now() - started).toBeLessThan(onThisMachine(5000))
})

test('lines stay lines', () => {
  expect(harmlessLines('Error: \x1b[1mx\x1b[0m\r\n\tat y')).toEqual(['Error: x', '  at y'])
})

test('JSON keeps its value and shows nothing harmful', () => {
  const value = { name: 'a\x1b[31m\u202e\x9b\u{e0041}\n' }
  const json = harmlessJson(JSON.stringify(value, null, 2))
  expect(JSON.parse(json)).toEqual(value)
  expect(json).toMatch(/^[\n -~]+$/)
})

test('a stack is shortened to the frames of the application', () => {
  const stack = [
    'TypeError: cannot read x',
    'of undefined',
    '    at load (/app/src/users.js:12:5)',
    '    at Layer.handle (/app/node_modules/express/lib/router/layer.js:95:5)',
    '    at next (/app/node_modules/express/lib/router/route.js:149:13)',
    '    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
    '    at async main (/app/src/main.js:3:1)',
  ].join('\n')
  expect(shortStack(stack, 5)).toEqual([
    'at load (/app/src/users.js:12:5)',
    'at async main (/app/src/main.js:3:1)',
    '… 3 in libraries and Node.js',
  ])
  expect(shortStack(stack, 1)).toEqual([
    'at load (/app/src/users.js:12:5)',
    '… 1 more lines',
    '… 3 in libraries and Node.js',
  ])
})

test('a stack of libraries only, or of another language, is shown as it is', () => {
  expect(shortStack('Error: x\n    at a (/n/node_modules/b.js:1:1)', 5)).toEqual([
    'at a (/n/node_modules/b.js:1:1)',
  ])
  expect(shortStack('Traceback:\n  File "a.py", line 1', 5)).toEqual(['  File "a.py", line 1'])
  expect(shortStack('', 5)).toEqual([])
})
