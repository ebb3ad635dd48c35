import { exporter, faults } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

const tests = [
  exporter('span-exporter'),
  exporter('patience'),
  exporter('dead-letters'),
  exporter('regressions'),
]
const policy = [exporter('verdict'), ...tests]

export const DESTINATION = [
  ...inFile(
    'exporter/accounting/account',
    [exporter('dead-letters'), ...tests],
    [['counts a drop nowhere', '(this.dropped[reason] ?? 0) + rows', 'this.dropped[reason] ?? 0']],
  ),
  ...inFile(
    'exporter/accounting/duplicates',
    [exporter('duplicates')],
    [['does not say that rows may be there twice', 'this.#possible += this.#doubtful', 'return']],
  ),
  ...inFile(
    'exporter/delivery/verdict',
    [exporter('verdict'), exporter('stored-otherwise')],
    [
      [
        'believes a success that wrote fewer rows',
        'return writtenRows >= rows || asyncInsert',
        'return true',
      ],
      [
        'throws rows after those that were not stored',
        "reason: 'unconfirmed', fault: 'server'",
        "reason: 'unconfirmed', fault: 'batch'",
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/known-table',
    [exporter('stored-otherwise')],
    [
      [
        'goes on filling columns of type JSON with texts',
        'if (!this.target || this.#jsonColumns.length === 0) return',
        'if (!this.target || this.#jsonColumns.length > 0) return',
      ],
      [
        'never asks again whether a table has been mended',
        'if (columns) this.#jsonColumns = ',
        'if (!columns) this.#jsonColumns = ',
      ],
      [
        'loses rows by an answer about columns that cannot be read',
        'columnsOf(this.name, this.#server.sender.run).catch(() => undefined)',
        'columnsOf(this.name, this.#server.sender.run)',
      ],
    ],
  ),
  ...inFile('exporter/delivery/destination', tests, [
    [
      'forgets a waiting batch at shutdown',
      "this.#holdings.drop(entry, 'shutdown')\n    }",
      'this.#holdings.queue.remove(entry)\n    }',
    ],
    ['drops at shutdown what is on disk', 'if (entry.stored) continue', ''],
  ]),
  ...inFile('exporter/delivery/verdict', policy, [
    [
      'drops a batch because of one row',
      "facts.rows === 1 ? 'give_up'",
      "facts.rows > 0 ? 'give_up'",
    ],
    [
      'retries once less than it was told to',
      'history.failures > facts.maxRetries',
      'history.failures >= facts.maxRetries',
    ],
    [
      'retries for ever',
      'history.failures > facts.maxRetries',
      'history.failures > Number.POSITIVE_INFINITY',
    ],
    [
      'lets a batch that the server refuses hold up those behind it',
      "outcome.why === 'misconfigured' || history.failures >= ATTEMPTS_IN_A_ROW",
      'false',
    ],
    [
      'takes the time that a server names for that of one batch',
      '!isOfServer && retryAfterMs === undefined',
      '!isOfServer',
    ],
    ['takes a failing server for a failing batch', 'return overtaken && answers', 'return answers'],
    [
      'divides a batch before the server has refused it six times',
      'history.refusals > MAX_REFUSALS_OF_BATCH',
      'history.refusals > 0',
    ],
    [
      'divides rows that only their configuration made wrong',
      "return recovered && why === 'misconfigured'",
      'return false',
    ],
  ]),
  ...inFile('exporter/delivery/history', policy, [
    [
      'takes a flush for a reason to give rows up',
      'failures: hurried ? failures : failures + 1',
      'failures: failures + 1',
    ],
    [
      'divides what may have been stored because it failed often',
      'isDefinite(outcome) ? refusals + 1 : 0',
      'refusals + 1',
    ],
    [
      'forgets that rows may have been stored',
      "ambiguous || outcome.why === 'ambiguous'",
      "outcome.why === 'ambiguous'",
    ],
    [
      'gives more time to a server that does not even answer pings',
      'outcome.timedOut && !outcome.unsent',
      'outcome.timedOut',
    ],
  ]),
  ...inFile(
    'exporter/delivery/entry',
    [exporter('entry')],
    [
      ['sends a batch again that is gone', '  gone: [],', "  gone: ['ready'],"],
      ['takes any change of state', 'if (!NEXT[this.#state].includes(next))', 'if (false)'],
      ['tells a sibling twice', '    this.onVerdict = undefined\n', ''],
    ],
  ),
  ...inFile('exporter/delivery/attempts', tests, [
    [
      'lets a destination that hangs hold up the others',
      'startDeadline(PATIENCE_MS, () => this.#fallBehind()',
      'startDeadline(PATIENCE_MS, () => {}',
    ],
    [
      'gives a slow link no more time',
      'config.timeoutMs * 2 ** Math.min(timeouts, MAX_DEADLINE_DOUBLINGS)',
      'config.timeoutMs',
    ],
    ['waits on, although somebody flushes', 'this.health.hurry()', ''],
    ['throws dead letters away', "problem ? status : 'dead_lettered'", 'status'],
  ]),
  ...inFile('exporter/delivery/holdings', tests, [
    [
      'counts as delivered what it dropped when it was full',
      "this.drop(victim, 'queue_full')",
      'this.deliver(victim)',
    ],
  ]),
  ...inFile(
    'exporter/delivery/attempts',
    [exporter('regressions')],
    [
      [
        'tells the other part before the pause that the server asked for has begun',
        "      case 'retry':\n        this.#begin(verdict)",
        "      case 'retry':\n        entry.tell(false)\n        this.#begin(verdict)",
      ],
      [
        'tells the other part before it is settled when the batch itself may be sent again',
        'if (moveToEnd) queue.moveToEnd(entry)',
        'if (moveToEnd) queue.moveToEnd(entry)\n    entry.tell(false)',
      ],
      [
        'counts its own bugs as rows that the server refused',
        "for (const entry of entries) holdings.drop(entry, 'internal_error', error)",
        "for (const entry of entries) holdings.drop(entry, 'rejected', error)",
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/known-table',
    [exporter('compact')],
    [
      [
        'never takes the statement for what is refused after a first one was taken',
        'insert.statement.length > this.#longestTaken',
        'this.#longestTaken === 0',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/small-batches',
    [exporter('small-batches')],
    [
      ['sends one-row batches that wait one by one', 'if (!isSmall(first)) return', 'return'],
      ['unites what was sent already', '!entry.attempted && ', ''],
      ['unites what is on disk', ' && !entry.mayBeOnDisk', ''],
      [
        'unites what is large',
        'bytesOf(entry) <= MAX_SMALL_BYTES',
        'bytesOf(entry) <= Number.POSITIVE_INFINITY',
      ],
      ['unites batches without end', '> Math.min(maxBytes, MAX_UNITED_BYTES)', '< 0'],
      ['unites rows of different tables', 'tableOf(one) === tableOf(other)', 'true'],
    ],
  ),
  ...inFile(
    'exporter/delivery/entry',
    [exporter('spool-late')],
    [['unites what may come on disk yet', ' || this.reservedBytes > 0', '']],
  ),
  ...inFile(
    'exporter/delivery/parts',
    [exporter('small-batches')],
    [
      [
        'takes the rows of batches that leave out other things for rows of one',
        'return whole ? own.map((line) => wholeRow(whole.shape, line)) : own',
        'return own',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/attempts',
    [exporter('small-batches')],
    [
      [
        'answers nobody whose rows went with those of others',
        '    for (const entry of entries) void united.receipt.then(entry.acknowledge)\n',
        '',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/holdings',
    [exporter('spool-bound')],
    [
      [
        'leaves on disk what is delivered',
        'if (stored) this.#with.spool?.remove(stored)',
        'if (!stored) return',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/disk-room',
    [exporter('spool-bound')],
    [
      [
        'takes more of the disk than it may',
        'this.#reservedBytes += bytes',
        'this.#reservedBytes += 0',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/splitter',
    [faults('divided-twice')],
    [
      [
        'divides what is on disk otherwise than whoever takes it over',
        'entry.divided || entry.mayBeOnDisk ? undefined : row',
        'entry.divided ? undefined : row',
      ],
    ],
  ),
]
