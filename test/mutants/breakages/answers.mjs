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
      'blames the rows for a status without an exception code',
      'fix, refusesForm, ofServer: !ofRequest }',
      'fix, refusesForm, ofServer: !ofRequest, unlisted: true }',
    ],
    [
      'blames the rows for every exception code',
      'unlisted: exception === undefined && code !== UNREADABLE,',
      'unlisted: true,',
    ],
    [
      'acknowledges an answer that is cut off',
      "reply.complete ? doubtOf(reply, asked, known) : 'with a reply that is cut off'",
      'doubtOf(reply, asked, known)',
    ],
    [
      'does not count what may be stored when the end of an exception is missing',
      'reply.isCut === true || mayBeOnOtherShards(reply.body)',
      'mayBeOnOtherShards(reply.body)',
    ],
    [
      'does not say what shards may have stored when another one lacks its table',
      'partly ? { ...outcome, partly } : outcome',
      "partly && outcome.status !== 'missing_table' ? { ...outcome, partly } : outcome",
    ],
    ['does not read how many rows were written', ', ...writtenRows(reply) }', ' }'],
    [
      'acknowledges any 2xx, even if it is not from ClickHouse',
      'if (doubt === undefined)',
      'if (reply.complete)',
    ],
    [
      'assumes that nothing was written when the connection is lost in the middle of the rows',
      "bodyStarted && !isRefusal ? 'ambiguous' : 'transient'",
      "'transient'",
    ],
    [
      'divides a batch whose rows are written when only a view failed',
      'if (view !== undefined)',
      'if (view === undefined && view)',
    ],
    [
      'drops rows because a proxy damaged the request',
      "if (foreign) return { status: 'retry', why: 'misconfigured', error, fix: FOREIGN_BODY[foreign] }",
      '',
    ],
    [
      'switches to whole rows after an ambiguous answer',
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
      'gives up rows because the server has too many parts',
      "name: 'TOO_MANY_PARTS',\n    class: 'overloaded'",
      "name: 'TOO_MANY_PARTS',\n    class: 'too_large'",
    ],
    [
      'divides a batch because its statement is too long',
      "text: /too long|max_query_size/i,\n  class: 'misconfigured'",
      "text: /too long|max_query_size/i,\n  class: 'too_large'",
    ],
    [
      'gives up rows because a statement is nested too deeply',
      'text: /Maximum parse depth/',
      'text: /Maximum row depth/',
    ],
    [
      'ignores the message text where one code has two meanings',
      'return variant?.text.test(body) ? variant : exception',
      'return exception',
    ],
    [
      'assumes that rows may be written when the server lacks a function',
      "name: 'UNKNOWN_FUNCTION',\n    class: 'misconfigured'",
      "name: 'UNKNOWN_FUNCTION',\n    class: 'ambiguous'",
    ],
    [
      'does not try whole rows when a statement has too many elements',
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
      'does not read the exception code when its header comes twice',
      "String(header).split(',').map(Number)",
      '[Number(header)]',
    ],
    [
      'acknowledges a 200 whose exception header is garbled',
      'return UNREADABLE\n  return isSuccess',
      'return 0\n  return isSuccess',
    ],
    [
      'acknowledges a 200 whose body contains an exception',
      'if (inBody !== undefined) return',
      'if (inBody !== undefined && !isSuccess(status)) return',
    ],
    [
      'does not count what shards have stored when their list is too long',
      ' || /^Wrote \\d+ blocks/m.test(body)',
      '',
    ],
    ['believes the text of a row that a view has failed', "[^'\"]*$`, 'is')", ".*`, 'is')"],
    [
      'assumes zero written rows when an old server reports no number',
      'written !== undefined && counts',
      'written !== undefined',
    ],
    ['does not name the missing right', 'return grant && ', 'return undefined && '],
    [
      'numbers rows from one, as the server does, instead of from zero',
      'Number(row) - 1',
      'Number(row)',
    ],
    [
      'blames a proxy for every refused row',
      'if (/while reading the value of key/.test(body)) return undefined',
      "if (body !== '') return 'compressed'",
    ],
  ],
)

const RETRY_AFTER = inFile(
  'exporter/clickhouse/retry-after',
  [exporter('retry-after')],
  [['reads the seconds of Retry-After as milliseconds', 'Number(text) * 1000', 'Number(text)']],
)

const WHILE_ASKING = inFile(
  'exporter/clickhouse/sender',
  [exporter('answers')],
  [
    [
      'holds rows forever when a proxy begins to remove headers',
      '    witness.losesHeaders()\n',
      '',
    ],
    [
      'trusts any server that answers without headers',
      "return exchange.reply.body.trim() === [...word].reverse().join('')",
      'return true',
    ],
    [
      'leaves out a forbidden setting without checking its value on the server',
      "return outcome.status === 'delivered' && Number(text) >= enough",
      'return true',
    ],
    [
      'holds rows for a forbidden setting although its value on the server is good enough',
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
      'accepts answers without headers from a server that has sent them before',
      'this.#showsHeaders ||= hasOwnHeaders(headers)',
      'this.#showsHeaders ||= false',
    ],
    [
      'demands headers from a server that has never sent them',
      'if (known.showsHeaders) return MISSING',
      'return MISSING',
    ],
    [
      'acknowledges a 200 whose body is a web page',
      "if (body.trim() !== '')",
      "if (body.trim() === '?')",
    ],
    ['doubts an answer because of a byte order mark', 'body.trim()', 'body'],
    [
      'acknowledges rows with the answer to another request',
      '!ids.includes(queryId) && ids.some(isOurQueryId)',
      'false',
    ],
    [
      'doubts an answer because a proxy put its own id into it',
      'ids.some(isOurQueryId)',
      'ids.length > 0',
    ],
    [
      'acknowledges a 204, which is not an answer of ClickHouse',
      'if (status !== 200) return',
      'if (status > 299) return',
    ],
  ],
)

const REDACTION = inFile(
  'exporter/clickhouse/redaction',
  [exporter('classify'), exporter('proxy-answers')],
  [
    ['shows the rows of the application in its errors', "exception.class === 'rejected' ||", ''],
    ['shows the statement, which holds values of the rows, in its errors', '(?:in scope|', '(?:'],
    [
      'shows the parts of our request that an answer repeats',
      "return oneLine(text.slice(0, 2000).replace(/(?:[?{\"<&]|(?<!\\w)').*$/s, ''))",
      'return oneLine(text.slice(0, 2000))',
    ],
    [
      'shows the query string of a redirect, which may repeat ours',
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
      'gives up rows that a proxy cannot deliver',
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
      'gives no reason when several addresses all refuse',
      "return withMessage(error, [...new Set(messages)].join(', '))",
      'return error',
    ],
    [
      'reports a TLS port as one that does not speak HTTP',
      'isTlsAlert(error) ? SPEAKS_TLS',
      'error.message === SPEAKS_TLS.fix ? SPEAKS_TLS',
    ],
    [
      'suspects the wrong protocol although the server has answered before',
      '(isFirst ? (unanswered',
      '(true ? (unanswered',
    ],
  ],
)

const SENDER = [
  ...inFile(
    'exporter/clickhouse/left-out',
    [exporter('answers')],
    [
      [
        'leaves out a setting that rows depend on when a constraint forbids it',
        "if (status === 'forbidden_setting' && isEssential(setting, insert)) return false",
        '',
      ],
      [
        'holds rows for a forbidden setting that does not affect them',
        "if (setting === 'wait_for_async_insert') return",
        "if (setting === 'no setting') return",
      ],
    ],
  ),
  ...inFile(
    'exporter/clickhouse/sender',
    [exporter('sender')],
    [
      [
        'forgets what shards have stored when it creates a table and sends the rows again',
        'if (outcome.partly) unclear.partly = true',
        '',
      ],
      [
        'forgets that an INSERT was sent twice when it creates a table and sends the rows again',
        'if (outcome.replayed) unclear.replayed = true',
        '',
      ],
    ],
  ),
  ...inFile(
    'exporter/clickhouse/sender',
    [exporter('answers')],
    [
      [
        'counts a dead letter as kept because a web page answered 200',
        'hasResult: hasResult(statement)',
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
      'retries forever a batch that needs more than one query may use',
      'ofBatch && canBeHalved(history, facts)',
      'ofBatch && facts.rows < 0',
    ],
    [
      'duplicates rows by halving a batch that may be stored',
      'return isLastChance || !isBoundToToken(history, facts)',
      'return true',
    ],
    [
      'duplicates rows by halving a batch that an earlier process may have stored',
      'return ambiguous || recovered || mayBeRepeated',
      'return ambiguous || mayBeRepeated',
    ],
    [
      'duplicates rows by halving a batch that a client may repeat to another process',
      'return ambiguous || recovered || mayBeRepeated',
      'return ambiguous || recovered',
    ],
    [
      'retries forever a batch that may be stored and needs more than one query may use',
      'return isLastChance || ',
      'return ',
    ],
    [
      'floods a server that is out of memory',
      'facts.rawBytes > SMALLEST_HALVED_BYTES',
      'facts.rawBytes > 0',
    ],
  ],
)

const HTTP = [
  ...inFile(
    'exporter/http/exchange',
    [exporter('answers')],
    [
      [
        'loses a complete answer because of an error after it',
        'if (answer?.complete && !timedOut && !signal.aborted) return',
        '',
      ],
    ],
  ),
  ...inFile(
    'exporter/http/reply-body',
    [exporter('answers')],
    [
      [
        'cannot read an answer that a proxy has compressed',
        "encoding === 'gzip' ||",
        "encoding === 'never' ||",
      ],
      [
        'duplicates rows because it does not see which view failed at the end of a long exception',
        '[head, GAP, this.#tail]',
        '[head, GAP]',
      ],
      [
        'duplicates rows because it does not see which view failed in a long compressed exception',
        'GAP, bytes.subarray(-TAIL_BYTES)',
        'GAP',
      ],
    ],
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
