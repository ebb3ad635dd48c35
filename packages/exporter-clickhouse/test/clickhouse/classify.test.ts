import { describe, expect, test } from 'vitest'
import { classify } from '../../src/clickhouse/classify.js'
import type { Retry } from '../../src/clickhouse/outcome.js'
import type { Reply } from '../../src/http/exchange.js'
import { bodyOnly, errorOf, kindOf, modern, old, reply } from './replies.js'

const CODES: Record<string, number[]> = {
  transient: [
    107, 164, 198, 225, 236, 242, 243, 244, 246, 254, 265, 271, 279, 285, 289, 297, 354, 384, 722,
    733,
  ],
  overloaded: [201, 202, 203, 241, 252, 290, 364, 439, 574, 745],
  ambiguous: [3, 33, 159, 209, 210, 286, 319, 394, 425, 735, 999, 1000, 1001, 1002],
  misconfigured: [7, 16, 18, 20, 47, 62, 192, 193, 194, 195, 291, 392, 452, 497, 516],
  missing_table: [60, 81],
  rejected: [
    6, 25, 26, 27, 38, 41, 43, 53, 69, 70, 72, 117, 128, 130, 306, 321, 349, 407, 441, 469,
  ],
  too_large: [158, 307],
}

describe.each(Object.entries(CODES))('%s', (kind, codes) => {
  test.each(codes)('code %i, however it is said', (code) => {
    expect(kindOf(classify(modern(code)))).toBe(kind)
    expect(kindOf(classify(old(code)))).toBe(kind)
    expect(kindOf(classify(bodyOnly(code)))).toBe(kind)
    const error = errorOf(classify(old(code)))
    expect(error).toMatchObject({ name: 'ClickHouseError', code, httpStatus: 500 })
  })

  test('the status beside the code does not matter', () => {
    for (const code of codes)
      for (const status of [200, 400, 403, 404, 408, 429, 500, 503])
        expect(kindOf(classify(old(code, 'Something.', status)))).toBe(kind)
  })
})

describe('success', () => {
  test('an empty 200 is all that an INSERT answers', () => {
    expect(classify(reply({}))).toEqual({ status: 'delivered' })
    expect(
      classify(reply({ headers: { 'x-clickhouse-summary': '{"written_rows":"0"}' } })),
    ).toEqual({ status: 'delivered' })
    expect(classify(reply({ headers: { 'x-clickhouse-exception-code': '0' } }))).toEqual({
      status: 'delivered',
    })
  })

  test('a 200 with an exception code in its header is none, whatever the body', () => {
    const said = { 'x-clickhouse-exception-code': '209' }
    expect(kindOf(classify(reply({ headers: said })))).toBe('ambiguous')
    expect(
      kindOf(classify(reply({ headers: { 'x-clickhouse-exception-code': '241' }, body: 'ok' }))),
    ).toBe('overloaded')
  })

  test('a 200 with an exception in its body is none', () => {
    const tail =
      '__exception__\r\nabcdefghijklmnop\r\nCode: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)\r\n85 abcdefghijklmnop\r\n__exception__\r\n'
    expect(kindOf(classify(reply({ body: tail })))).toBe('overloaded')
    expect(kindOf(classify(old(27, 'Cannot parse', 200)))).toBe('rejected')
    expect(kindOf(classify(reply({ body: '__exception__\r\n' })))).toBe('ambiguous')
    expect(kindOf(classify(reply({ body: 'DB::Exception: no code at all' })))).toBe('ambiguous')
  })

  test('a 200 that is longer than we read is none', () => {
    expect(kindOf(classify(reply({ complete: false })))).toBe('ambiguous')
  })
})

describe('codes of replicas', () => {
  const answers: [number, string, string, Partial<Retry>][] = [
    [
      286,
      'Quorum for previous write has not been satisfied yet. Status: version: 1',
      'transient',
      { excluded: true },
    ],
    [286, 'Another quorum insert has been already started', 'ambiguous', { excluded: true }],
    [285, 'Number of alive replicas (1) is less than requested quorum (2).', 'transient', {}],
    [
      319,
      'Unknown status, client must retry. Reason: Connection loss',
      'ambiguous',
      { ofReplica: true },
    ],
    [
      319,
      'Unknown status, client must retry. Reason: Timeout while waiting for quorum',
      'ambiguous',
      {},
    ],
    ...['Connection loss', 'Operation timeout', 'Session expired', 'No node'].map(
      (text): [number, string, string, Partial<Retry>] => [
        999,
        `Coordination::Exception: ${text}, path: /clickhouse/tables/1/traces`,
        'ambiguous',
        { ofReplica: true },
      ],
    ),
  ]
  test.each(answers)('%i %s: %s', (code, text, why, more) => {
    const { excluded, ofReplica, ...outcome } = classify(old(code, text)) as Retry
    expect(outcome.why).toBe(why)
    expect({ ...(excluded && { excluded }), ...(ofReplica && { ofReplica }) }).toEqual(more)
    if (excluded) expect(outcome.fix).toContain('`insert_quorum_parallel = 0`')
  })
})

describe('an answer about one shard of a Distributed table', () => {
  const wrote = (blocks: number) =>
    `All connection tries failed. Log: \n\n: Insertion status:\nWrote ${blocks} blocks and ${blocks} rows on shard 0 replica 0, ch1:9000 (average 0 ms per block)\nWrote 0 blocks and 0 rows on shard 1 replica 0, ch2:9000 (average 1 ms per block)\n. (ALL_CONNECTION_TRIES_FAILED)`
  const refused = 'Received from ch2:9000. DB::Exception: Constraint `c` for table t.l is violated'

  test.each([
    [279, wrote(1), 'transient', true],
    [279, wrote(0), 'transient', undefined],
    [242, 'Received from ch2:9000. DB::Exception: Table is in readonly mode', 'transient', true],
    [16, 'Received from ch2:9000. DB::Exception: No such column', 'misconfigured', true],
    [469, refused, 'rejected', true],
    [60, 'Received from ch2:9000. DB::Exception: No such table', 'missing_table', true],
    [115, 'Received from ch2:9000. DB::Exception: No setting x', 'unknown_setting', true],
    [452, 'Received from ch2:9000. DB::Exception: Fixed setting x', 'forbidden_setting', true],
    [
      252,
      'Received from ch2:9000. DB::Exception: Too many partitions for single INSERT block',
      'too_large',
      true,
    ],
    [469, 'Constraint `c` for table t.d is violated', 'rejected', undefined],
    // Of a long answer the middle is left out.
    [279, `Cannot[…]\n${wrote(0).split('status:')[1]}`, 'transient', true],
  ] as const)(
    '%i %s: %s, and other shards may have stored their rows: %s',
    (code, text, kind, partly) => {
      const outcome = classify(modern(code, text))
      expect(kindOf(outcome)).toBe(kind)
      expect(outcome).toMatchObject(partly ? { partly } : {})
      expect(outcome).not.toHaveProperty('refusesForm', true)
      expect('partly' in outcome).toBe(partly === true)
    },
  )
})

test.each([6, 158, 16, 242, 4711])(
  'code %i whose end is missing may say there that rows are stored',
  (code) => {
    const { reply: cut } = modern(code) as { reply: Reply }
    expect(classify({ reply: { ...cut, isCut: true } })).toMatchObject({ partly: true })
    expect(classify({ reply: { ...cut, isCut: false } })).not.toHaveProperty('partly')
  },
)

describe('code 252', () => {
  test('too many parts: the server wants patience', () => {
    const outcome = classify(
      modern(
        252,
        'Too many parts (3001 with average size of 1.00 KiB) in table db.t (3c4f). Merges are processing significantly slower than inserts. (TOO_MANY_PARTS)',
      ),
    )
    expect(kindOf(outcome)).toBe('overloaded')
  })

  test.each([modern, old])('too many partitions: it will never be taken as it is', (say) => {
    const outcome = classify(
      say(
        252,
        'Too many partitions for single INSERT block (more than 100). The limit is controlled by max_partitions_per_insert_block setting.',
      ),
    )
    expect(kindOf(outcome)).toBe('too_large')
  })

  test('too many parts in all partitions of a table is no matter of one INSERT', () => {
    const outcome = classify(
      modern(
        252,
        'Too many parts (100000) in all partitions in total in table db.t. (TOO_MANY_PARTS)',
      ),
    )
    expect(kindOf(outcome)).toBe('overloaded')
  })
})

test.each([reply({ status: 413 }), reply({ status: 413, body: '<html>413 Too Large</html>' })])(
  'a body that a proxy finds too large is divided: %#',
  (exchange) => {
    expect(kindOf(classify(exchange))).toBe('too_large')
  },
)

describe('a statement that is too long', () => {
  test.each([
    [
      modern(
        62,
        'Max query size exceeded (can be increased with the `max_query_size` setting): Syntax error: failed at position 61 ( ):  . . (SYNTAX_ERROR)',
      ),
    ],
    [
      reply({
        status: 500,
        body: 'HTML Form Exception: Field value too long',
        headers: { 'x-clickhouse-exception-code': '1000' },
      }),
    ],
    [
      reply({
        status: 500,
        body: 'Code: 1000. DB::Exception: Poco::Exception. Code: 1000, e.code() = 0, HTML Form Exception: Field value too long',
      }),
    ],
    [modern(167, 'AST is too deep. Maximum: 1. (TOO_DEEP_AST)')],
    [modern(168, 'AST is too big. Maximum: 100. (TOO_BIG_AST)')],
    [modern(306, 'Maximum parse depth (2) exceeded. Consider rising max_parser_depth parameter.')],
    [modern(718, 'Maximum amount of backtracking (1) exceeded in the parser.')],
    [modern(161, 'Limit for number of columns to read exceeded. Requested: 2, maximum: 1.')],
    [modern(165, "Too many temporary columns: a, b, 'checkout'. Maximum: 1.")],
  ])(
    'is the same for half of the rows, so whole ones are tried, then it is for somebody to mend: %#',
    (exchange) => {
      expect(classify(exchange)).toMatchObject({
        status: 'retry',
        why: 'misconfigured',
        refusesForm: true,
        fix: expect.stringContaining('Raise `max_'),
      })
      expect(errorOf(classify(exchange)).message).not.toContain('checkout')
    },
  )
})

describe('while pushing to view', () => {
  const view = 'while pushing to view default.daily (3c4f5d9e-5b1c-4b1e-9c8e-0a1b2c3d4e5f).'

  test.each([6, 27, 53, 72, 252, 158])(
    'code %i there comes after the rows are written: never divided, sent again with the same token',
    (code) => {
      const text = `Cannot parse string 'x' as UInt64: ${view} (SOME_NAME) (version 26.7.2.1)`
      expect(kindOf(classify(modern(code, text)))).toBe('ambiguous')
      expect(kindOf(classify(old(code, text)))).toBe('ambiguous')
    },
  )

  test('a row that says so is refused like any other: nobody may keep a batch for ever with a span', () => {
    const text = `Cannot parse input: expected '"' before: 'while pushing to view default.daily',"b":1}': (while reading the value of key a): (at row 3)\n: While executing ParallelParsingBlockInputFormat. (CANNOT_PARSE_INPUT_ASSERTION_FAILED) (version 26.7.2.1 (official build))`
    expect(kindOf(classify(modern(27, text)))).toBe('rejected')
  })
})

describe('without a code it is the status that counts', () => {
  test.each([
    [301, 'misconfigured'],
    [302, 'misconfigured'],
    [307, 'misconfigured'],
    [308, 'misconfigured'],
    [400, 'misconfigured'],
    [401, 'misconfigured'],
    [403, 'misconfigured'],
    [404, 'misconfigured'],
    [405, 'misconfigured'],
    [408, 'ambiguous'],
    [413, 'too_large'],
    [425, 'ambiguous'],
    [429, 'overloaded'],
    [500, 'ambiguous'],
    [502, 'ambiguous'],
    [503, 'overloaded'],
    [504, 'ambiguous'],
    [599, 'ambiguous'],
  ])('%i is %s', (status, kind) => {
    const outcome = classify(reply({ status, body: '<html>a proxy</html>' }))
    expect(kindOf(outcome)).toBe(kind)
    expect(errorOf(outcome)).toMatchObject({ httpStatus: status, code: 0 })
  })

  test('a proxy’s page that happens to hold a number is no exception of ClickHouse', () => {
    const page = '<html><h1>503 Slow down</h1><p>Error Code: 503. Try later.</p></html>'
    expect(kindOf(classify(reply({ status: 503, body: page })))).toBe('overloaded')
  })
})

describe('codes that are not in the table', () => {
  test('with a server’s error they may have been written', () => {
    expect(kindOf(classify(modern(4711)))).toBe('ambiguous')
    expect(kindOf(classify(old(4711, 'Something', 200)))).toBe('ambiguous')
  })

  test('with a client’s error somebody has to look', () => {
    expect(kindOf(classify(old(4711, 'Something', 400)))).toBe('misconfigured')
  })
})

test.each([
  [modern(4711), true],
  [modern(242), false],
  [modern(1002), false],
  [reply({ headers: { 'x-clickhouse-exception-code': 'abc' } }), false],
  [reply({ status: 502 }), false],
])(
  'only a code that we do not know may be one more that data can cause: %#',
  (exchange, unlisted) => {
    const outcome = classify(exchange)
    expect('unlisted' in outcome && outcome.unlisted === true).toBe(unlisted)
  },
)

test.each(['241, 241', '241,241', '0, 241'])(
  'the code of a header that is there twice is read: %s',
  (text) => {
    const outcome = classify(reply({ headers: { 'x-clickhouse-exception-code': text } }))
    expect(kindOf(outcome)).toBe('overloaded')
    expect(errorOf(outcome)).toMatchObject({ code: 241 })
  },
)

describe('code 115', () => {
  test.each([
    ['Unknown setting async_insert', 'async_insert'],
    [
      "Unknown setting 'insert_deduplication_token': Maybe you meant [...]",
      'insert_deduplication_token',
    ],
    ['Setting log_comment is neither a builtin setting nor started with the prefix', 'log_comment'],
  ])('%s', (text, setting) => {
    expect(classify(old(115, text, 404))).toMatchObject({ status: 'unknown_setting', setting })
  })

  test('without a name it is for somebody to mend', () => {
    expect(kindOf(classify(modern(115, 'What?')))).toBe('misconfigured')
  })
})

describe('the row in question', () => {
  const at = (text: string, code = 27) => {
    const outcome = classify(modern(code, text))
    return 'row' in outcome ? outcome.row : undefined
  }

  test('counts from 0', () => {
    expect(at('Cannot parse: (at row 1)\n')).toBe(0)
    expect(at('Cannot parse: (at row 10000)\n')).toBe(9999)
  })

  test('is not there if the server says nothing, or nothing sensible', () => {
    expect(at('Cannot parse')).toBeUndefined()
    expect(at('(at row 0)')).toBeUndefined()
    expect(at('(at row -1)')).toBeUndefined()
    expect(at('(at row 99999999999)')).toBeUndefined()
  })

  test('is what the server says, not what the row says', () => {
    expect(
      at(
        "Constraint `c` for table t.t is violated at row 3. Expression: (x > 0). Column values: x = ' is violated at row 1. Expression: (at row 9)'. (VIOLATED_CONSTRAINT)",
        469,
      ),
    ).toBe(2)
    expect(at("Cannot parse input before: '(at row 1) x': (at row 7)\n: While executing")).toBe(6)
    expect(at("before: ' is violated at row 1. Expression: ': (at row 7)")).toBe(6)
    expect(at("Cannot parse input before: '(at row 0) x': (at row 7)\n: While executing")).toBe(6)
  })
})

describe('without a reply', () => {
  const broken = (code: string, bodyStarted: boolean) =>
    classify({
      error: Object.assign(new Error('broken'), { code }),
      bodyStarted,
      timedOut: false,
    })

  test.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'CERT_HAS_EXPIRED'])(
    '%s before anything was sent: nothing was written',
    (code) => {
      expect(kindOf(broken(code, false))).toBe('transient')
    },
  )

  test.each(['ECONNRESET', 'EPIPE', 'ETIMEDOUT'])('%s after that: it may have been', (code) => {
    expect(kindOf(broken(code, true))).toBe('ambiguous')
  })

  test('the error passes through untouched, and the deadline is told', () => {
    const error = new Error('x')
    expect(classify({ error, bodyStarted: true, timedOut: true })).toMatchObject({
      error,
      timedOut: true,
    })
  })
})

describe('whether whole rows are tried instead', () => {
  test('only after an answer that says nothing was written', () => {
    for (let code = 1; code < 1100; code++)
      for (const say of [modern(code), old(code), bodyOnly(code), old(code, 'Something', 400)]) {
        const outcome = classify(say)
        const mayBeForm = 'refusesForm' in outcome && outcome.refusesForm === true
        if (mayBeForm)
          expect({ code, kind: kindOf(outcome) }).not.toEqual({ code, kind: 'ambiguous' })
      }
  })

  test.each([46, 50, 386])('code %i is of the statement: nothing was written', (code) => {
    expect(classify(modern(code))).toMatchObject({ why: 'misconfigured', refusesForm: true })
  })

  test.each([46, 50, 62, 70, 386, 168])(
    'but code %i in a view is not: the rows are written',
    (code) => {
      const outcome = classify(modern(code, 'No: while pushing to view db.daily. (SOME_NAME)'))
      expect(kindOf(outcome)).toBe('ambiguous')
      expect(outcome).not.toMatchObject({ refusesForm: true })
    },
  )
})

describe('a view that fails', () => {
  test.each([
    ['default.daily. (X)', 'default.daily'],
    ['default.daily (3c4f5d9e-5b1c-4b1e-9c8e-0a1b2c3d4e5f). (X)', 'default.daily'],
    ['default.`odd \'vi"ew`. (X)', 'default.`odd \'vi"ew`'],
    ['daily', 'daily'],
  ])('is named: %s', (text, name) => {
    const exchange = modern(
      6,
      `Cannot parse string 'canary' as UInt64: while pushing to view ${text}`,
    )
    expect(errorOf(classify(exchange)).message).toBe(
      `ClickHouse error 6: CANNOT_PARSE_TEXT in the materialised view ${name}`,
    )
    expect(classify(exchange)).toMatchObject({
      fix: expect.stringContaining('Repair or drop that view'),
    })
  })

  test.each([
    "while pushing to view `a`': (at row 1)",
    "while pushing to view `': (at row 1)",
    'while pushing to view a.b","b":1}\': (at row 3)',
  ])('is none if it is a row that says so: %s', (text) => {
    expect(kindOf(classify(modern(27, `Cannot parse input: expected '"' before: '${text}`)))).toBe(
      'rejected',
    )
  })
})

describe('code 241', () => {
  test.each([
    ['Query memory limit exceeded: would use 4.10 MiB, maximum: 976.56 KiB.', true],
    ['Memory limit (for query) exceeded: would use 10.00 GiB, maximum: 9.31 GiB.', true],
    ['User memory limit exceeded: would use 4.10 MiB, maximum: 976.56 KiB.', undefined],
    ['Memory limit (for user) exceeded: would use 4.10 MiB', undefined],
    ['(total) memory limit exceeded: would use 4.10 GiB', undefined],
    ['Memory limit (total) exceeded: would use 4.10 GiB', undefined],
  ])('%s', (text, ofBatch) => {
    const outcome = classify(modern(241, text))
    expect(outcome).toMatchObject({ why: 'overloaded' })
    expect('ofBatch' in outcome ? outcome.ofBatch : undefined).toBe(ofBatch)
  })
})

describe('code 452', () => {
  test.each([
    ['Setting log_comment should not be changed', 'log_comment'],
    ["Setting max_insert_threads shouldn't be greater than 2", 'max_insert_threads'],
    ["Setting insert_deduplicate shouldn't be less than 1", 'insert_deduplicate'],
  ])('%s', (text, setting) => {
    expect(classify(modern(452, `${text}. (SETTING_CONSTRAINT_VIOLATION)`))).toMatchObject({
      status: 'forbidden_setting',
      setting,
    })
  })
})

describe('what a success says of the rows', () => {
  const written = (summary: object | string) =>
    classify(
      reply({
        headers: {
          'x-clickhouse-summary': typeof summary === 'string' ? summary : JSON.stringify(summary),
        },
      }),
    )

  test('is how many were written', () => {
    const summary = { read_rows: '10', written_rows: '7', elapsed_ns: '1' }
    expect(written(summary)).toEqual({ status: 'delivered', writtenRows: 7 })
    expect(written({ written_rows: '7' })).toEqual({ status: 'delivered', writtenRows: 7 })
    expect(written({ written_rows: '0', elapsed_ns: '1' })).toEqual({
      status: 'delivered',
      writtenRows: 0,
    })
  })

  test('is nothing where the server does not count', () => {
    for (const summary of [{ written_rows: '0' }, { elapsed_ns: '1' }, {}, 'nonsense', ''])
      expect(written(summary)).toEqual({ status: 'delivered' })
    expect(classify(reply({}))).toEqual({ status: 'delivered' })
  })
})

describe('a missing right', () => {
  const fixOf = (text: string) => {
    const outcome = classify(modern(497, text))
    return outcome.status === 'retry' ? outcome.fix : undefined
  }

  test.each([
    [
      "ann: Not enough privileges. To execute this query, it's necessary to have the grant INSERT(a, b) ON `my db`.`t.x`. (ACCESS_DENIED) (version 26.7.2.1)",
      'GRANT INSERT ON `my db`.`t.x` TO ann.',
    ],
    [
      "ann: Not enough privileges. To execute this query, it's necessary to have the grant CREATE DATABASE ON d.*. (ACCESS_DENIED) (version 26.7.2.1)",
      'GRANT CREATE DATABASE ON d.* TO ann.',
    ],
    [
      "ann: Not enough privileges. To execute this query, it's necessary to have the grant SELECT(x) ON d.t: while pushing to view d.v. (ACCESS_DENIED) (version 26.7.2.1)",
      'GRANT SELECT(x) ON d.t TO ann.',
    ],
  ])('is named as the statement that gives it: %#', (text, statement) => {
    expect(fixOf(text)).toBe(`Grant the right: ${statement}`)
  })

  test('that the server does not name is INSERT', () => {
    expect(fixOf('Something. (ACCESS_DENIED)')).toMatch(/^Grant the user INSERT/)
  })
})
