import { exporter } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

export const NETWORK = [
  ...inFile(
    'exporter/http/client',
    [
      exporter('http-replay'),
      exporter('http-sockets'),
      exporter('http'),
      exporter('kept-connections'),
      exporter('tls'),
      exporter('compact'),
    ],
    [
      [
        'sends credentials in the URL',
        'post.path}`,',
        'post.path}&password=`.concat(config.password),',
      ],
      [
        'sends a request twice that must not arrive twice',
        'if (!first.stale || !post.repeatable)',
        'if (!first.stale)',
      ],
      ['does not report that it sent a request twice', '{ ...second, replayed: true }', 'second'],
    ],
  ),
  ...inFile(
    'exporter/http/connect-limit',
    [exporter('http-sockets'), exporter('look-up')],
    [
      [
        'leaves each address as little time to connect as Node does',
        'Math.max(byDefault, ours)',
        '(void ours, byDefault)',
      ],
      ['waits for an address until a ping has failed', '/ 4', '/ 1'],
    ],
  ),
  ...inFile(
    'exporter/http/look-up',
    [exporter('look-up')],
    [
      ['looks a name up for each request', 'if (same) return same', 'void same'],
      [
        'looks a name up twice for two questions',
        '.run(() => (name.isSlow',
        '.run(async () => 0).then(() => (name.isSlow',
      ],
      ['looks up all slow names at once', 'slowNames.run(look)', 'look()'],
      [
        'takes a quick error for a quick name server',
        ' || (name.isSlow && answer?.[0] !== null)',
        '',
      ],
      ['gives one answer to all later requests', 'asked.delete(key)', 'key'],
    ],
  ),
  ...inFile(
    'exporter/http/exchange',
    [exporter('http-replay'), exporter('http-sockets'), exporter('http'), exporter('compact')],
    [
      [
        'sends a request again after the server began to answer it',
        'stale: req.reusedSocket && !answer',
        'stale: req.reusedSocket',
      ],
      [
        'accepts an answer before all rows are sent',
        'else if (req.writableFinished)',
        'else if (true)',
      ],
      ['reads an answer of any length', 'bytes > MAX_REPLY_BYTES)', 'bytes < 0)'],
      ['has no deadline', 'timedOut = true\n', 'return\n'],
      [
        'sends the wrong length when a statement precedes the rows',
        '(post.head?.length ?? 0) +',
        '',
      ],
    ],
  ),
  ...inFile(
    'exporter/http/connections',
    [exporter('http-replay'), exporter('http-sockets'), exporter('http'), exporter('look-up')],
    [
      ['keeps an ended application running', 'socket.unref()', 'socket.ref()'],
      [
        'leaves an idle connection without an error listener',
        "socket.on('error', () => {})",
        'void 0',
      ],
      ['looks names up for an agent that does so itself', '!to && !configured &&', '!to &&'],
    ],
  ),
  ...inFile(
    'exporter/http/hang-watch',
    [exporter('hang-watch')],
    [
      [
        'waits for answers on a lost connection',
        'if (one.startedAt < awaySince) one.aborter.abort',
        'if (false) one.aborter.abort',
      ],
      [
        'aborts requests to a server that is only slow',
        'if (awaySince !== undefined && ',
        'if ((awaySince ??= pingedAt) && ',
      ],
    ],
  ),
  ...inFile(
    'exporter/clickhouse/sender',
    [exporter('server')],
    [
      [
        'does not end its requests when it is closed',
        "closing.abort(new Error('aborted: shutting down'))",
        'void 0',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/backoff',
    [exporter('backoff')],
    [
      [
        'applies jitter before the cap',
        ', maxDelayMs)\n  return delay * (0.5 + random() / 2)',
        ')\n  return Math.min(delay * (0.5 + random() / 2), maxDelayMs)',
      ],
      ['doubles the delay after the first failure already', 'failures - 1, 64', 'failures, 64'],
    ],
  ),
  ...inFile(
    'exporter/delivery/pace',
    [exporter('pace')],
    [
      ['ignores Retry-After', 'now + (outcome.retryAfterMs ?? 0)', 'now'],
      [
        'floods a server after an outage that another signal met',
        'this.failing || this.#isSlow',
        'this.failing',
      ],
      ['floods a server that has just come back', 'isFirst ? 1 : ', ''],
      [
        'counts batches that fail together as consecutive failures',
        'if (this.#pause !== undefined && outcome.retryAfterMs === undefined) return',
        '',
      ],
      [
        'retries sooner during a flush although the server asked for a pause',
        'HURRIED_APART_MS, this.#notBefore)',
        'HURRIED_APART_MS, 0)',
      ],
      ['retries a wrong password every second', 'return MISCONFIGURED_PROBE_MS', 'return delay'],
    ],
  ),
  ...inFile(
    'exporter/clickhouse/creation',
    [exporter('sender')],
    [
      [
        'sends rows before a view exists whose creation was interrupted',
        'if (!interrupted) this.#missing = undefined',
        'this.#missing = undefined',
      ],
      [
        'creates the table again and again after a user has created it by hand',
        'if (!interrupted) this.#missing = undefined',
        "if (created.status === 'delivered') this.#missing = undefined",
      ],
    ],
  ),
  ...inFile(
    'exporter/clickhouse/sender',
    [exporter('sender')],
    [
      [
        'sends statements with a setting that the server does not know',
        'path: statementPath(statement, leftOut.names)',
        'path: statementPath(statement, new Set())',
      ],
    ],
  ),
  ...inFile(
    'exporter/clickhouse/tables',
    [exporter('sender'), exporter('missing-table'), exporter('refusals')],
    [
      ['creates a database that exists', 'if (isDatabaseMissing(missing)) {', 'if (missing) {'],
      [
        'creates no table on servers that do not know its settings',
        "if (outcome.status !== 'unknown_setting') return outcome",
        'return outcome',
      ],
      ['holds rows because a view is missing', 'if (!isRefusal(outcome)) {', 'if (outcome) {'],
      ['stores maps in columns of type JSON', 'return isJson && ', 'return false && '],
    ],
  ),
  ...inFile(
    'exporter/clickhouse/sender',
    [exporter('patience')],
    [['sends rows to a server that answered no ping', "if ('error' in pong)", 'if (false)']],
  ),
]
