import { exporter } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

const CLASSIFY = inFile(
  'exporter/clickhouse/classify',
  [
    exporter('classify'),
    exporter('reply-text'),
    exporter('proxy-answers'),
    exporter('divided'),
    exporter('http-replay'),
  ],
  [
    [
      'takes a status without a code for a word on the rows',
      'why: kind, error, fix, refusesForm: mayBeForm === true }',
      'why: kind, error, fix, refusesForm: mayBeForm === true, unlisted: true }',
    ],
    [
      'takes any code for a word on the rows',
      'unlisted: exception === undefined && code !== UNREADABLE,',
      'unlisted: true,',
    ],
    [
      'acknowledges an answer of which the end is missing',
      "reply.complete ? doubtOf(reply, asked, known) : 'with a reply that is cut off'",
      'doubtOf(reply, asked, known)',
    ],
    ['does not read how many rows were written', ', ...writtenRows(reply) }', ' }'],
    ['acknowledges any 2xx, whoever gave it', 'if (doubt === undefined)', 'if (reply.complete)'],
    [
      'takes a connection lost in the middle of the rows for one that wrote nothing',
      "bodyStarted && !isRefusal ? 'ambiguous' : 'transient'",
      "'transient'",
    ],
    [
      'divides a batch whose rows are written and only a view refused',
      'if (view !== undefined)',
      'if (view === undefined && view)',
    ],
    [
      'drops rows that a proxy has spoilt',
      "if (foreign) return { status: 'retry', why: 'misconfigured', error, fix: FOREIGN_BODY[foreign] }",
      '',
    ],
    [
      'writes rows whole after an answer that says they may be written',
      "refusesForm: refusesForm && kind !== 'ambiguous'",
      'refusesForm: refusesForm || exception === undefined',
    ],
  ],
)

const CODES = inFile(
  'exporter/clickhouse/exception-codes',
  [exporter('classify')],
  [
    [
      'gives rows up because the server has too many parts',
      "name: 'TOO_MANY_PARTS',\n    class: 'overloaded'",
      "name: 'TOO_MANY_PARTS',\n    class: 'too_large'",
    ],
    [
      'divides a batch because its statement is too long',
      "text: /too long|max_query_size/i,\n  class: 'misconfigured'",
      "text: /too long|max_query_size/i,\n  class: 'too_large'",
    ],
    [
      'gives rows up because a statement is nested too deeply',
      'text: /Maximum parse depth/',
      'text: /Maximum row depth/',
    ],
    [
      'reads each code in one way only',
      'return variant?.text.test(body) ? variant : exception',
      'return exception',
    ],
    [
      'takes a function that the server lacks for rows that may be written',
      "name: 'UNKNOWN_FUNCTION',\n    class: 'misconfigured'",
      "name: 'UNKNOWN_FUNCTION',\n    class: 'ambiguous'",
    ],
    [
      'tries no whole rows where a statement has too many elements',
      "name: 'TOO_BIG_AST',\n    class: 'misconfigured',\n    mayBeForm: true,",
      "name: 'TOO_BIG_AST',\n    class: 'misconfigured',",
    ],
  ],
)

const REPLIES = inFile(
  'exporter/clickhouse/reply-text',
  [exporter('reply-text'), exporter('classify'), exporter('proxy-answers')],
  [
    [
      'acknowledges any 200, whatever its exception header says',
      'if (code !== undefined) return code',
      'if (code !== undefined && !isSuccess(status)) return code',
    ],
    [
      'reads no code in a header that is there twice',
      "String(header).split(',').map(Number)",
      '[Number(header)]',
    ],
    [
      'acknowledges a 200 whose exception header is garbled',
      'return UNREADABLE\n  return isSuccess',
      'return 0\n  return isSuccess',
    ],
    [
      'acknowledges a 200 whose body tells of an exception',
      'if (inBody !== undefined) return',
      'if (inBody !== undefined && !isSuccess(status)) return',
    ],
    ['believes a row that says a view has failed', "[^'\"]*$`, 'is')", ".*`, 'is')"],
    [
      'takes the silence of an old server for no rows',
      'written !== undefined && counts',
      'written !== undefined',
    ],
    ['names no right that is missing', 'return grant && ', 'return undefined && '],
    ['counts rows from one where the server does', 'Number(row) - 1', 'Number(row)'],
    [
      'takes any row that is refused for one that a proxy has spoilt',
      'if (/while reading the value of key/.test(body)) return undefined',
      "if (body !== '') return 'compressed'",
    ],
  ],
)

const RETRY_AFTER = inFile(
  'exporter/clickhouse/retry-after',
  [exporter('retry-after')],
  [['takes the seconds of Retry-After for milliseconds', 'Number(text) * 1000', 'Number(text)']],
)

const WHILE_ASKING = inFile(
  'exporter/clickhouse/sender',
  [exporter('answers')],
  [
    [
      'holds rows for ever when a proxy begins to take headers away',
      '    witness.losesHeaders()\n',
      '',
    ],
    [
      'believes whatever answers without headers',
      "return exchange.reply.body.trim() === [...word].reverse().join('')",
      'return true',
    ],
    [
      'goes without a setting whatever the server has in its place',
      "return outcome.status === 'delivered' && Number(text) >= enough",
      'return true',
    ],
    [
      'holds rows for a setting whose value on the server does as well',
      "return outcome.status === 'delivered' && Number(text) >= enough",
      'return false',
    ],
  ],
)

const WITNESS = inFile(
  'exporter/clickhouse/witness',
  [exporter('proxy-answers'), exporter('answers')],
  [
    [
      'never misses headers that a server has shown',
      'this.#showsHeaders ||= hasOwnHeaders(headers)',
      'this.#showsHeaders ||= false',
    ],
    [
      'misses headers that a server never showed',
      'if (known.showsHeaders) return MISSING',
      'return MISSING',
    ],
    ['acknowledges a page', "if (body.trim() !== '')", "if (body.trim() === '?')"],
    ['doubts an answer for a byte order mark', 'body.trim()', 'body'],
    [
      'acknowledges rows by the answer to other rows',
      '!ids.includes(queryId) && ids.some(isOurQueryId)',
      'false',
    ],
    ['doubts the ids of a proxy that makes its own', 'ids.some(isOurQueryId)', 'ids.length > 0'],
    ['acknowledges a 204 of nobody', 'if (status !== 200) return', 'if (status > 299) return'],
  ],
)

const REDACTION = inFile(
  'exporter/clickhouse/redaction',
  [exporter('classify'), exporter('proxy-answers')],
  [
    ['shows the rows of the application in its errors', "exception.class === 'rejected' ||", ''],
    ['shows the statement, with what rows have in common, in its errors', '(?:in scope|', '(?:'],
    [
      'shows what an answer repeats of our request',
      "return oneLine(text.slice(0, 2000).replace(/(?:[?{\"<&]|(?<!\\w)').*$/s, ''))",
      'return oneLine(text.slice(0, 2000))',
    ],
    [
      'shows the query of a redirect, which may repeat ours',
      "location.replace(/[?#].*$/s, '')",
      'location',
    ],
  ],
)

const PROXIES = inFile(
  'exporter/clickhouse/proxy-answers',
  [exporter('proxy-answers')],
  [
    [
      'gives rows up that a proxy cannot deliver',
      "BY_STATUS.get(status) ?? {\n    class: status >= 500 ? 'ambiguous' : 'misconfigured',",
      "BY_STATUS.get(status) ?? {\n    class: status >= 500 ? 'too_large' : 'misconfigured',",
    ],
  ],
)

const NETWORK = inFile(
  'exporter/http/network-errors',
  [exporter('network-errors')],
  [
    [
      'has nothing to say of several addresses that all refuse',
      "return withMessage(error, [...new Set(messages)].join(', '))",
      'return error',
    ],
    [
      'takes a port of TLS for one that speaks no HTTP',
      'isTlsAlert(error) ? SPEAKS_TLS',
      'error.message === SPEAKS_TLS.fix ? SPEAKS_TLS',
    ],
    [
      'suspects a server that has answered before of another protocol',
      'isFirst && unanswered',
      'unanswered',
    ],
  ],
)

const SENDER = [
  ...inFile(
    'exporter/clickhouse/left-out',
    [exporter('answers')],
    [
      [
        'stores fewer rows than it says, where a constraint forbids what prevents it',
        "if (status === 'forbidden_setting' && isEssential(setting, insert)) return false",
        '',
      ],
      [
        'holds rows for a setting that means nothing to them',
        "if (setting === 'wait_for_async_insert') return",
        "if (setting === 'no setting') return",
      ],
    ],
  ),
  ...inFile(
    'exporter/clickhouse/sender',
    [exporter('answers')],
    [
      [
        'keeps a dead letter by the word of a page',
        "hasResult: !statement.startsWith('INSERT ')",
        'hasResult: true',
      ],
    ],
  ),
]

const HALVING = inFile(
  'exporter/delivery/verdict',
  [exporter('verdict'), exporter('answers')],
  [
    [
      'sends for ever what is more than one query may use',
      'ofBatch && canBeHalved(history, facts)',
      'ofBatch && facts.rows < 0',
    ],
    [
      'doubles rows by halving what may be stored',
      'refusals >= REFUSALS_OF_SIZE && !ambiguous',
      'refusals >= REFUSALS_OF_SIZE',
    ],
    ['floods a server that has no memory', 'rawBytes > SMALLEST_HALVED_BYTES', 'rawBytes > 0'],
  ],
)

const HTTP = [
  ...inFile(
    'exporter/http/exchange',
    [exporter('answers')],
    [
      [
        'waits in vain for an answer that something follows',
        'if (answer?.complete && !timedOut && !signal.aborted) return',
        '',
      ],
    ],
  ),
  ...inFile(
    'exporter/http/reply-body',
    [exporter('answers')],
    [['cannot read an answer that a proxy has compressed', "case 'gzip':", "case 'never':"]],
  ),
]

export const ANSWERS = [
  ...CLASSIFY,
  ...CODES,
  ...REPLIES,
  ...REDACTION,
  ...RETRY_AFTER,
  ...WHILE_ASKING,
  ...WITNESS,
  ...PROXIES,
  ...NETWORK,
  ...SENDER,
  ...HALVING,
  ...HTTP,
]
