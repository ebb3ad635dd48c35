import { exporter, faults } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

const tests = [
  exporter('span-exporter'),
  exporter('patience'),
  exporter('dead-letters'),
  exporter('regressions'),
]

export const DESTINATION = [
  ...inFile(
    'exporter/accounting/account',
    [exporter('account'), ...tests],
    [
      ['counts a drop nowhere', '(this.dropped[reason] ?? 0) + rows', 'this.dropped[reason] ?? 0'],
      [
        'does not say that rows may be there twice',
        'this.possibleDuplicates += this.#doubtful',
        'return',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/destination',
    [exporter('stored-otherwise')],
    [
      [
        'believes a success that wrote fewer rows',
        'if (writtenRows >= entry.rows || this.config.asyncInsert) return false',
        'return false',
      ],
      [
        'throws rows after those that were not stored',
        "this.#pauseAfter({ status: 'retry', why: 'misconfigured', error })",
        '',
      ],
      [
        'goes on filling columns of type JSON with texts',
        'this.#jsonColumns.length > 0 ? ',
        'this.#jsonColumns.length < 0 ? ',
      ],
      [
        'never asks again whether a table has been mended',
        'if (columns) this.#jsonColumns = ',
        'if (!columns) this.#jsonColumns = ',
      ],
      [
        'loses rows by an answer about columns that cannot be read',
        'columnsOf(this.config, this.#with.sender.run).catch(() => undefined)',
        'columnsOf(this.config, this.#with.sender.run)',
      ],
    ],
  ),
  ...inFile('exporter/delivery/destination', tests, [
    [
      'forgets a waiting batch at shutdown',
      "this.#drop(entry, 'shutdown')\n    }",
      'this.#queue.remove(entry)\n    }',
    ],
    ['drops at shutdown what is on disk', 'if (entry.stored) continue', ''],
    [
      'drops a batch because of one row',
      '.batch.rows === 1) return this.#giveUp',
      '.batch.rows > 0) return this.#giveUp',
    ],
    [
      'retries once less than it was told to',
      'entry.failures > this.config.retry.maxRetries',
      'entry.failures >= this.config.retry.maxRetries',
    ],
    [
      'retries for ever',
      'entry.failures > this.config.retry.maxRetries',
      'entry.failures > Number.POSITIVE_INFINITY',
    ],
    [
      'lets a destination that hangs hold up the others',
      'startDeadline(PATIENCE_MS, () => this.#fallBehind()',
      'startDeadline(PATIENCE_MS, () => {}',
    ],
    [
      'gives a slow link no more time',
      'this.config.timeoutMs * 2 ** Math.min(entry.timeouts, MAX_DEADLINE_DOUBLINGS)',
      'this.config.timeoutMs',
    ],
    [
      'counts as delivered what it dropped when it was full',
      "this.#drop(victim, 'queue_full')",
      'this.#deliver(victim)',
    ],
    ['takes a flush for a reason to give rows up', 'if (!this.#pace.hurried) {', '{'],
    ['waits on, although somebody flushes', 'this.#pace.hurry()', ''],
    [
      'lets a batch that the server refuses hold up those behind it',
      "outcome.why === 'misconfigured' || entry.failures >= ATTEMPTS_IN_A_ROW",
      'false',
    ],
    ['throws dead letters away', "problem ? reason : 'dead_lettered'", 'reason'],
  ]),
  ...inFile(
    'exporter/delivery/destination',
    [exporter('regressions')],
    [
      [
        'divides what may have been stored because it failed often',
        'isDefinite(outcome) ? entry.refusals + 1 : 0',
        'entry.refusals + 1',
      ],
      [
        'tells the other part before the pause that the server asked for has begun',
        'if (!isAlone) this.#pauseAfter(outcome)',
        'this.#tellSibling(entry, false)\n    if (!isAlone) this.#pauseAfter(outcome)',
      ],
      [
        'tells the other part before it is settled when the batch itself may be sent again',
        'if (lonely) this.#rest(entry, outcome)',
        'this.#tellSibling(entry, false)\n      if (lonely) this.#rest(entry, outcome)',
      ],
      [
        'takes the time that a server names for that of one batch',
        'outcome.retryAfterMs === undefined && // a Retry',
        'true && // who',
      ],
      [
        'counts its own bugs as rows that the server refused',
        "this.#drop(entry, 'internal_error', error)\n  }",
        "this.#drop(entry, 'rejected', error)\n  }",
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/destination',
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
      ['unites what is on disk', ' && !mayBeOnDisk(entry)', ''],
      [
        'unites what is large',
        'bytesOf(entry) <= MAX_SMALL_BYTES',
        'bytesOf(entry) <= Number.POSITIVE_INFINITY',
      ],
      ['unites batches without end', '> Math.min(maxBytes, MAX_UNITED_BYTES)', '< 0'],
    ],
  ),
  ...inFile(
    'exporter/delivery/entry',
    [exporter('spool-late')],
    [['unites what may come on disk yet', ' || reservedBytes > 0', '']],
  ),
  ...inFile(
    'exporter/delivery/splitter',
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
    'exporter/delivery/destination',
    [exporter('small-batches')],
    [
      [
        'answers nobody whose rows went with those of others',
        '      void united.receipt.then(entry.acknowledge)\n',
        '',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/destination',
    [exporter('spool-bound')],
    [
      [
        'leaves on disk what is delivered',
        'if (entry.stored) this.#with.spool?.remove(entry.stored)\n    return true',
        'return true',
      ],
      [
        'takes more of the disk than it may',
        'this.#onTheWayToDisk += bytes',
        'this.#onTheWayToDisk += 0',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/destination',
    [faults('divided-twice')],
    [
      [
        'divides what is on disk otherwise than whoever takes it over',
        'entry.divided || mayBeOnDisk(entry) ? undefined : row',
        'entry.divided ? undefined : row',
      ],
    ],
  ),
]
