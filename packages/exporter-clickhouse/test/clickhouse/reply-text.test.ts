import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classify } from '../../src/clickhouse/classify.js'
import { ClickHouseError } from '../../src/common/errors.js'
import type { Exchange } from '../../src/http/exchange.js'
import { errorOf, modern, old, reply } from './replies.js'

describe('what is said', () => {
  const SECRET = 'canary-4711'
  const SHOUTED = 'CANARY_4711'
  const tail = '(version 26.7.2.1 (official build))'
  const view = ': while pushing to view default.daily (3c4f5d9e-5b1c-4b1e-9c8e-0a1b2c3d4e5f).'
  const quoting: [name: string, exchange: Exchange][] = [
    [
      '26.7, assertion',
      modern(
        27,
        `Cannot parse input: expected '"' before: '${SECRET}","b":1}': (while reading the value of key attributes): (at row 3)\n: While executing ParallelParsingBlockInputFormat. (CANNOT_PARSE_INPUT_ASSERTION_FAILED) ${tail}`,
      ),
    ],
    [
      '26.7, number',
      modern(
        72,
        `Cannot parse number with sign at this position, JSON: '${SECRET}': (at row 1)\n. (CANNOT_PARSE_NUMBER) ${tail}`,
      ),
    ],
    [
      '26.7, text',
      modern(
        6,
        `Cannot parse string '${SECRET}' as DateTime64(9): syntax error at begin of string. (CANNOT_PARSE_TEXT) ${tail}`,
      ),
    ],
    [
      '26.7, date',
      modern(41, `Cannot read DateTime: unexpected '${SECRET}' (CANNOT_PARSE_DATETIME) ${tail}`),
    ],
    [
      '26.7, incorrect data',
      modern(
        117,
        `Duplicate field found while parsing JSONEachRow format: ${SECRET}: (at row 2)\n: While executing ParallelParsingBlockInputFormat. (INCORRECT_DATA) ${tail}`,
      ),
    ],
    [
      '26.7, constraint',
      modern(
        469,
        `Constraint \`c\` for table db.t is violated at row 1. Expression: (x > 0). Column values: name = '${SECRET}'. (VIOLATED_CONSTRAINT) ${tail}`,
      ),
    ],
    ['26.7, overflow', modern(407, `Convert overflow: ${SECRET}. (DECIMAL_OVERFLOW) ${tail}`)],
    [
      '18.16, assertion',
      old(
        27,
        `Cannot parse input: expected , before: ${SECRET}","b":1}\n: (at row 3)\n\nRow 2:\nColumn 0, name: trace_id, type: String, parsed text: "${SECRET}"ERROR`,
      ),
    ],
    [
      '18.16, an all-caps value',
      old(27, `Cannot parse input: expected , before: (${SHOUTED}) ${SECRET}`),
    ],
    [
      '26.7, an all-caps value',
      modern(
        27,
        `Cannot parse input: expected , before: '(${SHOUTED}) ${SECRET}': (at row 1) (CANNOT_PARSE_INPUT_ASSERTION_FAILED) ${tail}`,
      ),
    ],
    ['an unknown code', modern(4711, `Bad thing '${SECRET}' (NEW_ERROR) ${tail}`)],
    [
      'in a view',
      modern(
        6,
        `Cannot parse string '${SECRET}' as UInt64: while executing 'FUNCTION toUInt64(name :: 0) -> toUInt64(name) UInt64 : 1'${view} (CANNOT_PARSE_TEXT) ${tail}`,
      ),
    ],
    ['in a view, unknown code', modern(4711, `Bad '${SECRET}'${view} (NEW_ERROR) ${tail}`)],
    [
      'a body taken for the statement',
      modern(
        62,
        `Syntax error: failed at position 1 ('{') (line 1, col 1): {"trace_id":"${SECRET}","span_id":"1"}. Expected one of: Query, Query with output. (SYNTAX_ERROR) ${tail}`,
      ),
    ],
    [
      'a body taken for the statement, 18.16',
      old(62, `Syntax error: failed at position 1: {"trace_id":"${SECRET}"}`),
    ],
    [
      'a row cut short',
      modern(
        33,
        `Cannot read all data. Bytes read: 3. Bytes expected: 8: (at row 1) '${SECRET}': While executing ParallelParsingBlockInputFormat. (CANNOT_READ_ALL_DATA) ${tail}`,
      ),
    ],
    [
      'a library’s exception',
      modern(
        1001,
        `std::exception. Code: 1001, type: std::out_of_range, e.what() = ${SECRET} ${tail}`,
      ),
    ],
    [
      'a bad argument',
      modern(
        36,
        `Unknown element '${SECRET}' for enum: while converting '${SECRET}' to Enum8('a' = 1): (at row 1) (BAD_ARGUMENTS) ${tail}`,
      ),
    ],
  ]
  test.each(quoting)('no value of a row: %s', (_, exchange) => {
    const error = errorOf(classify(exchange))
    expect(error.message).not.toContain('canary')
    expect(error.message).not.toContain('CANARY')
    expect(JSON.stringify(error)).not.toContain('canary')
    expect(error.message).toMatch(/ClickHouse error \d+/)
  })

  test('of a refused row the name of the error', () => {
    const [, exchange] = quoting[0] ?? []
    expect(errorOf(classify(exchange as Exchange)).message).toBe(
      'ClickHouse error 27: CANNOT_PARSE_INPUT_ASSERTION_FAILED',
    )
    expect(errorOf(classify(old(27, 'Cannot parse'))).message).toBe(
      'ClickHouse error 27: CANNOT_PARSE_INPUT_ASSERTION_FAILED',
    )
  })

  test.each([
    [
      modern(60, `Table telemetry.traces does not exist. (UNKNOWN_TABLE) ${tail}`),
      'telemetry.traces',
    ],
    [modern(81, `Database telemetry does not exist. (UNKNOWN_DATABASE) ${tail}`), 'telemetry'],
    [
      modern(
        16,
        `No such column span_kind in table telemetry.traces (3c4f). (NO_SUCH_COLUMN_IN_TABLE) ${tail}`,
      ),
      'span_kind',
    ],
    [modern(47, `Unknown identifier: span_kind. (UNKNOWN_IDENTIFIER) ${tail}`), 'span_kind'],
    [
      modern(
        516,
        `writer: Authentication failed: password is incorrect. (AUTHENTICATION_FAILED) ${tail}`,
      ),
      'writer',
    ],
    [
      modern(
        497,
        `writer: Not enough privileges. To execute this query, it's necessary to have the grant INSERT(a) ON db.t. (ACCESS_DENIED) ${tail}`,
      ),
      'INSERT ON db.t',
    ],
    [
      modern(
        452,
        `Setting async_insert should not be changed. (SETTING_CONSTRAINT_VIOLATION) ${tail}`,
      ),
      'async_insert',
    ],
    [modern(252, `Too many parts (3001) in table db.t. (TOO_MANY_PARTS) ${tail}`), 'db.t'],
    [old(60, "Table telemetry.traces doesn't exist.", 404), 'telemetry.traces'],
  ])('of a configuration error what the operator needs: %#', (exchange, name) => {
    const { message } = errorOf(classify(exchange))
    expect(message).toContain(name)
    expect(message).not.toContain('version 26')
    expect(message).not.toContain('DB::Exception')
  })

  test('every error of configuration says what to do', () => {
    for (const code of [16, 47, 60, 81, 115, 192, 193, 194, 195, 452, 497, 516])
      expect(classify(modern(code, "Unknown setting 'x'"))).toMatchObject({
        fix: expect.stringMatching(/.+\.$/),
      })
    for (const status of [401, 403, 404])
      expect(classify(reply({ status }))).toMatchObject({ fix: expect.any(String) })
  })

  test('one short line, whatever the answer', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 5000 }),
        fc.integer({ min: 300, max: 599 }),
        (body, status) => {
          const error = errorOf(classify(reply({ status, body })))
          expect(error).toBeInstanceOf(ClickHouseError)
          expect(error.message.length).toBeLessThan(300)
          // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there
          expect(error.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
        },
      ),
    )
  })

  test('a hostile answer takes no time', () => {
    for (const body of [
      'Code: '.repeat(10_000),
      '('.repeat(64 * 1024),
      "'".repeat(64 * 1024),
      `'${'\\'.repeat(64 * 1024)}`,
      '(A'.repeat(32 * 1024),
      `(version ${'('.repeat(64 * 1024)}`,
      'while pushing to view '.repeat(3000),
      '(at row 1'.repeat(7000),
    ]) {
      const before = process.cpuUsage() // of this process: others may have the machine
      classify(modern(27, body))
      classify(old(252, body))
      const { user, system } = process.cpuUsage(before)
      expect((user + system) / 1000).toBeLessThan(1000)
    }
  })
})

describe('a body that is not ours any more', () => {
  const tail = '(version 26.7.2.1)'
  const lost = (exchange: Exchange) => {
    const outcome = classify(exchange)
    return outcome.status === 'retry' && outcome.why === 'misconfigured' && !outcome.refusesForm
      ? outcome.fix
      : outcome.status
  }

  test.each([
    modern(
      27,
      `Cannot parse input: expected '{' before: '\u001f\ufffd\\b\\0\\0\u0003': (at row 1)\n: While executing ParallelParsingBlockInputFormat. ${tail}`,
    ),
    modern(
      27,
      `Cannot parse input: expected '{' before: '\u001b?\u0006\ufffd': (at row 1)\n ${tail}`,
    ),
    modern(
      27,
      `Cannot parse input: expected '"' before: '\u0006\ufffd\ufffd': (at row 1)\n ${tail}`,
    ),
    old(27, 'Cannot parse input: expected { before: \u001f\ufffd\b: (at row 1)'),
    modern(
      62,
      `Unrecognized token: Syntax error: failed at position 1 (\u001f\ufffd) (line 1, col 1): \u001f ${tail}`,
    ),
  ])('compressed, without its header: held, not refused: %#', (exchange) => {
    expect(lost(exchange)).toMatch(
      /removes the header Content-Encoding: set `compression.codec: 'none'`/,
    )
  })

  test.each([
    modern(62, `Syntax error: failed at position 1 ('{') (line 1, col 1): {"a":1} ${tail}`),
    modern(
      62,
      `Syntax error: failed at position 2 ("trace_id") (line 1, col 2): "trace_id":1 ${tail}`,
    ),
    old(62, 'Syntax error: failed at position 1: {"trace_id":"1"}'),
  ])('rows where the statement should be: %#', (exchange) => {
    expect(lost(exchange)).toMatch(/removes the query string of the URL/)
  })

  test.each([354, 271, 448])('code %i: the line names the codec', (code) => {
    expect(classify(modern(code))).toMatchObject({
      why: 'transient',
      fix: expect.stringContaining("`compression.codec: 'none'`"),
    })
  })

  test.each([
    modern(
      27,
      `Cannot parse input: expected '{' before: '"x"}': (while reading the value of key a): (at row 1)\n ${tail}`,
    ),
    modern(27, `Cannot parse input: expected '{' before: 'x': (at row 7)\n ${tail}`),
    modern(27, `Cannot parse input: expected ',' before: 'x}': (at row 1)\n ${tail}`),
  ])('a row that is refused is refused: %#', (exchange) => {
    expect(lost(exchange)).toBe('rejected')
  })

  test('a statement that is refused further on may be refused for its form', () => {
    const exchange = modern(
      62,
      `Syntax error: failed at position 61 (SELECT) (line 1, col 61). ${tail}`,
    )
    expect(classify(exchange)).toMatchObject({ why: 'misconfigured', refusesForm: true })
  })
})

test('the scope of a name, which holds what the rows have in common, is not shown', () => {
  const exchange = modern(
    47,
    "Unknown expression identifier `nope` in scope SELECT a, 'canary' FROM input('a String'). Maybe you meant: ['a']. (UNKNOWN_IDENTIFIER) (version 26.7.2.1)",
  )
  expect(errorOf(classify(exchange)).message).toBe(
    'ClickHouse error 47: Unknown expression identifier `nope`',
  )
})
