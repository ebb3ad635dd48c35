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
        'sends twice what may not arrive twice',
        'if (!first.stale || !post.repeatable)',
        'if (!first.stale)',
      ],
      ['does not say that it sent twice', '{ ...second, replayed: true }', 'second'],
    ],
  ),
  ...inFile(
    'exporter/http/exchange',
    [exporter('http-replay'), exporter('http-sockets'), exporter('http'), exporter('compact')],
    [
      [
        'sends again what a server had begun to answer',
        'stale: req.reusedSocket && !answer',
        'stale: req.reusedSocket',
      ],
      [
        'takes an answer before the rows have left',
        'else if (req.writableFinished)',
        'else if (true)',
      ],
      ['reads an answer without end', 'bytes > MAX_REPLY_BYTES', 'bytes < 0'],
      ['has no deadline', 'timedOut = true\n', 'return\n'],
      ['sends the wrong length with a statement before the rows', '(post.head?.length ?? 0) +', ''],
    ],
  ),
  ...inFile(
    'exporter/http/connections',
    [exporter('http-replay'), exporter('http-sockets'), exporter('http')],
    [
      ['holds an ended application open', 'socket.unref()', 'socket.ref()'],
      [
        'leaves a kept connection without anybody who hears its error',
        "socket.on('error', () => {})",
        'void 0',
      ],
    ],
  ),
  ...inFile(
    'exporter/http/hang-watch',
    [exporter('hang-watch')],
    [
      [
        'waits for answers that a lost connection will never bring',
        'if (one.startedAt < awaySince) one.aborter.abort',
        'if (false) one.aborter.abort',
      ],
      [
        'ends requests of a server that is merely slow',
        'else if (awaySince !== undefined)',
        'else if ((awaySince ??= pingedAt))',
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
      ['waits longer at once than after the first failure', 'failures - 1, 64', 'failures, 64'],
    ],
  ),
  ...inFile(
    'exporter/delivery/pace',
    [exporter('pace')],
    [
      ['ignores Retry-After', 'now + (outcome.retryAfterMs ?? 0)', 'now'],
      ['floods a server that has just come back', 'this.failing ? 1 : ', ''],
      [
        'takes batches that fail together for failures one after the other',
        'if (this.#pause !== undefined && outcome.retryAfterMs === undefined) return',
        '',
      ],
      [
        'hurries although the server asked for patience',
        'HURRIED_APART_MS, this.#notBefore)',
        'HURRIED_APART_MS, 0)',
      ],
      ['asks about a wrong password every second', 'return MISCONFIGURED_PROBE_MS', 'return delay'],
    ],
  ),
  ...inFile(
    'exporter/clickhouse/creation',
    [exporter('sender')],
    [
      [
        'sends rows before the view that was interrupted is there',
        'if (!interrupted) this.#missing = undefined',
        'this.#missing = undefined',
      ],
      [
        'asks for the table again and again, when somebody has created it by hand',
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
        'path: statementPath(leftOut.names)',
        'path: statementPath(new Set())',
      ],
    ],
  ),
  ...inFile(
    'exporter/clickhouse/tables',
    [exporter('sender'), exporter('missing-table'), exporter('refusals')],
    [
      ['creates a database that is there', 'if (isDatabaseMissing(missing)) {', 'if (missing) {'],
      ['keeps rows back for a view', 'if (!isRefusal(outcome)) {', 'if (outcome) {'],
      ['stores maps in columns of type JSON', 'return isJson && ', 'return false && '],
    ],
  ),
  ...inFile(
    'exporter/clickhouse/sender',
    [exporter('patience')],
    [['sends rows to a server that answered no ping', "if ('error' in pong)", 'if (false)']],
  ),
]
