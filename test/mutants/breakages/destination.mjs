import { exporter, faults } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

const tests = [
  exporter('retries'),
  exporter('span-exporter'),
  exporter('full-queue'),
  exporter('flush'),
  exporter('refusals'),
  exporter('missing-table'),
  exporter('patience'),
  exporter('dead-letters'),
  exporter('divided'),
]
const policy = [exporter('verdict'), ...tests]

export const DESTINATION = [
  ...inFile(
    'exporter/accounting/account',
    [exporter('dead-letters'), ...tests],
    [
      [
        'does not count dropped rows',
        '(this.dropped[reason] ?? 0) + rows',
        'this.dropped[reason] ?? 0',
      ],
    ],
  ),
  ...inFile(
    'exporter/accounting/duplicates',
    [exporter('duplicates')],
    [
      ['does not report that rows may be stored twice', 'this.#count(this.#doubtful)', 'return'],
      [
        'counts the same rows again each time that it asks about the table',
        '    this.#doubtful = 0\n',
        '',
      ],
      [
        'counts rows as stored once whose token the table forgot long ago',
        ' || ms >= this.#memory.ms',
        '',
      ],
      [
        'leaves no part of the window to other writers',
        'SHARE_OF_INSERTS = 0.5',
        'SHARE_OF_INSERTS = 1',
      ],
      [
        'forgets how old the tokens were that it used before it knew the table',
        'this.#doubtfulAge = older(this.#doubtfulAge, age)',
        'this.#doubtfulAge = age',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/request-size',
    [exporter('request-size')],
    [
      [
        'makes batches larger again because an old one was refused',
        'Math.min(this.maxBytes, rawBytes / 2)',
        'rawBytes / 2',
      ],
      [
        'never tries larger batches again',
        'clock.now() < this.#until ? this.#maxBytes',
        'clock.now() > 0 ? this.#maxBytes',
      ],
    ],
  ),
  ...inFile(
    'exporter/batching/batcher',
    [exporter('request-size')],
    [
      [
        'fills batches that the proxy will not take',
        'takenBytes ? Math.min(maxBytes, takenBytes()) : maxBytes',
        'takenBytes ? maxBytes : maxBytes',
      ],
    ],
  ),
  ...inFile(
    'exporter/pipeline/lane-limits',
    [exporter('request-size')],
    [
      [
        'goes by the destination that takes the largest batches',
        'bytes = Math.min(bytes, maxBatchBytes)',
        'bytes = maxBatchBytes',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/known-tables',
    [exporter('many-kinds')],
    [
      [
        'keeps everything that it has ever learnt about a table whose name came from the data',
        'this.#others.size > MAX_OTHERS && ',
        'this.#others.size < 0 && ',
      ],
      ['forgets the tables that it uses all the time', '    this.#others.delete(name)\n', ''],
    ],
  ),
  ...inFile(
    'exporter/delivery/refused-kinds',
    [exporter('many-kinds')],
    [
      [
        'tries all of a thousand refused tables at each flush',
        'if (asked++ === MAX_ASKED) return',
        'asked++',
      ],
      [
        'tries the same hundred refused tables at each flush',
        '      this.#kinds.delete(name) // to the end\n',
        '',
      ],
    ],
  ),
  ...inFile(
    'exporter/telemetry/log',
    [exporter('many-kinds')],
    [
      [
        'writes a line for each of a thousand refused tables',
        'if (kinds.said === MAX_KINDS_SAID) {',
        'if (kinds.said < 0) {',
      ],
    ],
  ),
  ...inFile(
    'exporter/clickhouse/token-memory',
    [exporter('token-age')],
    [
      [
        'believes the server where the table has a window of its own',
        'settingIn(engineFull, SECONDS) ?? ',
        '',
      ],
      ['takes the window of plain tables for that of replicated ones', 'RegExp(`\\\\b', 'RegExp(`'],
      [
        'takes a server that does not know the settings for one that remembers nothing',
        '(inserts ? Number(inserts) : DEFAULT_INSERTS)',
        '(Number(inserts))',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/attempt',
    [exporter('token-age'), exporter('hosts')],
    [
      [
        'counts the age of a token from its last attempt',
        'entry.tokenSince ??= began',
        'entry.tokenSince = began',
      ],
      [
        'takes retries of one batch for others that use up the window',
        'if (!entry.tokenSince || entry.recovered) account',
        'account',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/destination',
    [exporter('token-age')],
    [
      [
        'takes a batch that an earlier process left for one of today',
        'this.#holdings.account.moment(agoMs)',
        'this.#holdings.account.moment()',
      ],
    ],
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
        'keeps sending rows to a server that did not store the last ones',
        "reason: 'unconfirmed', fault: 'signal'",
        "reason: 'unconfirmed', fault: 'batch'",
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/verdict',
    [exporter('verdict'), exporter('server')],
    [
      [
        'blames the server for a slow table',
        'timedOut === true && serverFails && !pinged',
        'timedOut === true',
      ],
      ['blames the server although it serves other signals', 'if (isAlone) return false', ''],
      [
        'lets each signal probe a dead server',
        "return isServerAtFault(outcome, facts) ? 'server' : 'signal'",
        "return 'signal'",
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/shared-pace',
    [exporter('shared-pace'), exporter('server')],
    [
      ['sends several probes to a dead server', 'return this.#probe === undefined && ', 'return '],
      [
        'lets one signal probe again and again',
        'if (this.#sharers.delete(sharer)) this.#sharers.add(sharer)',
        'void 0',
      ],
      ['does not tell the others that the server is back', 'if (wasFailing) this.#pumpAll()', ''],
      [
        'sends what was ready before a pause began',
        'if (!this.mayStart(sharer)) return undefined',
        '',
      ],
      [
        'lets the signal that is ready first ask each time',
        'this.#probe === undefined && !this.#givesWay(sharer)',
        'this.#probe === undefined',
      ],
      ['waits for a signal that does not ask', ' || clock.now() >= this.#asked.until', ''],
      [
        'gives way to signals that have nothing to send',
        'other !== sharer && other.waitingRows > 0',
        'other !== sharer',
      ],
      [
        'keeps the turn of a probe that said nothing',
        'this.#probe = undefined\n      this.#pumpAll()',
        'this.#probe = undefined',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/health',
    [exporter('server')],
    [
      [
        'forgets that others were served since the last failure',
        'Math.min(servedOthersBefore, this.#servedOthersAtFailure)',
        'servedOthersBefore',
      ],
      [
        'forgets that others were served during the attempt',
        'Math.min(servedOthersBefore, this.#servedOthersAtFailure)',
        'this.#servedOthersAtFailure',
      ],
      [
        'asks for rows of a signal whose table is refused',
        'this.#inFlightNow < this.#pace.concurrency && ',
        '',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/server',
    [exporter('server')],
    [
      ['never forgets a server', 'servers.delete(key)', 'void 0'],
      ['closes the connections of others', 'if (server.sharers > 0) return', ''],
      ['counts a destination that leaves twice', 'if (hasLeft) return', ''],
      [
        'has too few connections for several signals',
        'server.way.resize(++server.sharers)',
        'server.sharers++',
      ],
      ['takes two users of a server for one', '    username,\n', ''],
    ],
  ),
  ...inFile(
    'exporter/config/name-on-disk',
    [exporter('spool-signals'), exporter('dead-letters')],
    [
      ['mixes the signals in one folder', "signal === 'traces' ?", 'true ?'],
      [
        'takes the rows of every signal for spans',
        'signal: text.slice(dot + 1)',
        "signal: 'traces'",
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/entry',
    [exporter('misfit')],
    [
      [
        'drops the parts of a batch that was too large because somebody changed a column',
        'heir.fitAt = this.fitAt',
        'heir.fitAt = Number.POSITIVE_INFINITY',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/attempt',
    [exporter('misfit')],
    [
      [
        'forgets what other shards may have stored of rows that wait for a column',
        '...(partly && { partly })',
        '',
      ],
      [
        'still believes after an outage that the columns of a table fit',
        'clock.now() - fitAt > FIT_FOR_MS &&',
        'fitAt === Number.NEGATIVE_INFINITY &&',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/known-table',
    [exporter('known-table')],
    [
      [
        'counts no duplicates as long as it cannot read which columns there are',
        'if (found) this.duplicates.learn(found.deduplication, found.memory)',
        'if (columns && found) this.duplicates.learn(found.deduplication, found.memory)',
      ],
      [
        'never asks about a table again after an answer that it cannot read',
        'may be readable.\n      this.#asks = true',
        'may be readable.',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/known-table',
    [exporter('misfit')],
    [
      [
        'takes a question without an answer for columns that fit',
        "if (!there) return { status: 'retry', why: 'transient', error, fix: UNANSWERED }",
        'if (!there) return undefined',
      ],
      [
        'keeps a bad row for ever because of an answer that cannot be read',
        '.catch(() => NONE)',
        '.catch(() => undefined)',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/known-table',
    [exporter('stored-otherwise')],
    [
      [
        'goes on writing texts into columns of type JSON',
        'if (!this.target || this.#jsonColumns.length === 0) return',
        'if (!this.target || this.#jsonColumns.length > 0) return',
      ],
      [
        'never checks again whether a table has been repaired',
        'if (columns) this.#jsonColumns = ',
        'if (!columns) this.#jsonColumns = ',
      ],
      [
        'loses rows when it cannot read the answer about the columns',
        'const columns = await columnsOf(this.name, this.#server.sender.run).catch(() => undefined)',
        'const columns = await columnsOf(this.name, this.#server.sender.run)',
      ],
    ],
  ),
  // Only the test file of flushes: with this mistake the others wait until their limits.
  ...inFile(
    'exporter/delivery/destination',
    [exporter('flush')],
    [
      [
        'does not count a batch that it gives up at shutdown',
        "this.#holdings.drop(entry, 'shutdown')\n    }",
        'this.#holdings.queue.remove(entry)\n    }',
      ],
    ],
  ),
  ...inFile('exporter/delivery/destination', tests, [
    ['drops batches on disk at shutdown', 'if (entry.record) continue', ''],
  ]),
  ...inFile('exporter/delivery/verdict', policy, [
    [
      'drops a batch because of one row',
      'if (facts.rows === 1) return',
      'if (facts.rows > 0) return',
    ],
    [
      'forgets that a request was sent twice if it failed',
      'outcome.replayed || outcome.partly ?',
      'outcome.partly ?',
    ],
    [
      'forgets that another shard may have taken its part of a batch that failed',
      'outcome.replayed || outcome.partly ?',
      'outcome.replayed ?',
    ],
    [
      'does not count what another host may have of a batch that is too large',
      'doubled: ambiguous && doubt !== undefined',
      'doubled: false && doubt !== undefined',
    ],
    [
      'does not count what may be stored of a batch that is refused for no known reason',
      '{ doubled: isBoundToToken(history, facts) }',
      '{ doubled: facts.recovered }',
    ],
    [
      'does not count what an earlier process may have stored of a batch that is too large now',
      'doubled: doubled || hadOtherLimit',
      'doubled',
    ],
    [
      'retries once less than configured',
      'history.failures > facts.maxRetries',
      'history.failures >= facts.maxRetries',
    ],
    [
      'retries forever',
      'history.failures > facts.maxRetries',
      'history.failures > Number.POSITIVE_INFINITY',
    ],
    [
      'lets a refused batch hold up the batches behind it',
      "outcome.why === 'misconfigured' || history.failures >= ATTEMPTS_IN_A_ROW",
      'false',
    ],
    [
      'applies the Retry-After of a server to one batch only',
      '!isOfServer && retryAfterMs === undefined',
      '!isOfServer',
    ],
    ['blames a batch when the server fails', 'return overtaken && answers', 'return answers'],
    [
      'divides a batch before the server has refused it six times',
      'history.refusals > MAX_REFUSALS_OF_BATCH',
      'history.refusals > 0',
    ],
    [
      'divides a batch that is refused only because of its table',
      "return foreign && why === 'misconfigured'",
      'return false',
    ],
  ]),
  ...inFile('exporter/delivery/history', policy, [
    [
      'gives up rows sooner because of a flush',
      'failures: hurried || outcome.ofHost ? failures : failures + 1',
      'failures: outcome.ofHost ? failures : failures + 1',
    ],
    [
      'divides a batch that may have been stored because it failed often',
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
      ['sends a batch again after it is gone', '  gone: [],', "  gone: ['ready'],"],
      ['allows any change of state', 'if (!NEXT[this.#state].includes(next))', 'if (false)'],
      ['notifies the sibling of a divided batch twice', '    this.onVerdict = undefined\n', ''],
    ],
  ),
  ...inFile('exporter/delivery/attempt', tests, [
    [
      'lets a hanging destination hold up the others',
      'startDeadline(PATIENCE_MS, () => health.fallBehind()',
      'startDeadline(PATIENCE_MS, () => {}',
    ],
    [
      'does not give more time to a slow link',
      'config.timeoutMs * 2 ** Math.min(timeouts, MAX_DEADLINE_DOUBLINGS)',
      'config.timeoutMs',
    ],
  ]),
  ...inFile('exporter/delivery/attempts', tests, [
    ['keeps waiting for the next attempt during a flush', 'this.health.hurry()', ''],
  ]),
  ...inFile(
    'exporter/delivery/cohorts',
    [exporter('cohorts')],
    [
      [
        'ends a flush when the newest batches have gone',
        'if (older) wait(waiter, older)',
        'if (false) wait(waiter, older)',
      ],
      [
        'makes a flush wait for rows that come later',
        'newest && !newest.waiters ? newest',
        'newest ? newest',
      ],
      [
        'begins a cohort for each batch',
        'newest && !newest.waiters ? newest',
        'newest && false ? newest',
      ],
      [
        'forgets the parts of a batch that a flush waits for',
        '      heir.cohort = cohort\n      cohort.size++\n',
        '',
      ],
      [
        'forgets that some rows of a united batch came before the flush',
        'if (heir.cohort && heir.cohort.number <= cohort.number) continue',
        'if (heir.cohort) continue',
      ],
      ['keeps flushes that have given up', 'cohort.waiters?.delete(waiter)', 'void waiter'],
    ],
  ),
  ...inFile(
    'exporter/delivery/in-order',
    [exporter('in-order')],
    [
      ['loses the order of batches that come back', 'if (isThere(middle)) high', 'if (false) high'],
      ['has a batch in a set twice', 'if ((chunk?.[index] === thing) === isIn) return', ''],
      [
        'sends half of a chunk first',
        'this.#chunks.splice(number + 1, 0,',
        'this.#chunks.splice(number, 0,',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/attempts',
    [exporter('destination')],
    [
      [
        'walks over all batches when a server fails',
        '[...this.#with.holdings.queue.unanswered]',
        'this.#with.holdings',
      ],
      [
        'walks past all batches of a disk that fails',
        'if (!spool || spool.mayRead())\n',
        'if (true)\n',
      ],
      [
        'counts the rows of an attempt that a bug ended as refused by the server',
        "for (const entry of entries) holdings.drop(entry, 'internal_error', error)",
        "for (const entry of entries) holdings.drop(entry, 'rejected', error)",
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/destination',
    [exporter('span-exporter')],
    [
      [
        'counts rows lost by its own bugs as refused by the server',
        "this.#holdings.drop(entry, 'internal_error', error)",
        "this.#holdings.drop(entry, 'rejected', error)",
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/give-up',
    [exporter('dead-letters')],
    [
      [
        'does not count rows that it kept as dead letters',
        "problem ? status : 'dead_lettered'",
        'status',
      ],
    ],
  ),
  ...inFile('exporter/delivery/holdings', tests, [
    [
      'counts a batch dropped from a full queue as delivered',
      "this.drop(victim, 'queue_full')",
      'this.deliver(victim)',
    ],
  ]),
  ...inFile(
    'exporter/delivery/known-table',
    [exporter('compact')],
    [
      [
        'never blames the statement for a refusal after a first statement was accepted',
        'insert.statement.length > this.#longestTaken',
        'this.#longestTaken === 0',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/small-batches',
    [exporter('small-batches')],
    [
      ['sends waiting one-row batches one by one', 'if (!isSmall(first)) return', 'return'],
      ['unites batches that have been sent before', '!entry.attempted && ', ''],
      ['unites batches that are on disk', ' && !entry.mayBeOnDisk', ''],
      [
        'unites large batches',
        'bytesOf(entry) <= MAX_SMALL_BYTES',
        'bytesOf(entry) <= Number.POSITIVE_INFINITY',
      ],
      ['unites batches without a size limit', '> Math.min(maxBytes, MAX_UNITED_BYTES)', '< 0'],
      ['unites rows that `dispatch` gave columns of their own', 'entry.foreign || ', ''],
      ['unites rows of different tables', 'tableOf(one) === tableOf(other)', 'true'],
    ],
  ),
  ...inFile(
    'exporter/delivery/entry',
    [exporter('spool-late')],
    [['unites batches that may still be written to disk', ' || this.reservedBytes > 0', '']],
  ),
  ...inFile(
    'exporter/delivery/parts',
    [exporter('small-batches')],
    [
      [
        'mixes compact rows of batches that leave out different values',
        'return whole ? own.map((line) => wholeRow(whole.shape, line)) : own',
        'return own',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/splitter',
    [exporter('small-batches')],
    [
      [
        'does not acknowledge the batches that were united into one',
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
        'leaves delivered batches on disk',
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
        'uses more of the disk than its limit',
        'this.#reservedBytes += bytes',
        'this.#reservedBytes += 0',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/pace',
    [exporter('quorum')],
    [
      [
        'keeps sending INSERTs at once that exclude each other',
        'this.#maxConcurrency = 1',
        'this.#maxConcurrency = 4',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/verdict',
    [exporter('quorum')],
    [
      [
        'takes an INSERT that has to wait for another for an outage',
        'outcome.excluded === true && !facts.isExcludedForLong',
        'false',
      ],
    ],
  ),
  ...inFile(
    'exporter/clickhouse/cluster-statements',
    [exporter('cluster-statements')],
    [
      [
        'puts a statement into the queue of the cluster at each attempt',
        'if (clock.now() < before.againAt) return waiting(before.answer, missing)',
        '',
      ],
      [
        'waits for all hosts of a cluster, although this one has the table',
        "if (outcome.status === 'delivered' || (await isHere())) return DONE",
        "if (outcome.status === 'delivered') return DONE",
      ],
    ],
  ),
  ...inFile(
    'exporter/clickhouse/additions',
    [exporter('additions'), exporter('stored-otherwise')],
    [
      [
        'drops rows because it cannot read which columns there are',
        '.catch(() => undefined)\n    if (!there || there.size === 0) return undefined',
        '\n    if (!there || there.size === 0) return undefined',
      ],
    ],
  ),
  ...inFile(
    'exporter/clickhouse/sender',
    [exporter('misfit')],
    [
      [
        'cannot read which columns a table has if there are many',
        'hasResult(statement) ? KEPT_RESULT_BYTES : undefined',
        'undefined',
      ],
    ],
  ),
  ...inFile(
    'exporter/clickhouse/result-rows',
    [exporter('result-rows')],
    [['takes the answer of a proxy for rows', 'if (!Array.isArray(row))', 'if (false)']],
  ),
  ...inFile(
    'exporter/clickhouse/sender-of-hosts',
    [exporter('hosts')],
    [
      [
        'lets all rows wait for a host that lacks the table',
        'if (isLack(outcome) && !isClosed) {',
        'if (isClosed) {',
      ],
      [
        'forgets what shards behind one host have stored when another host refuses a row',
        'isPartly ||= outcome.partly === true',
        '',
      ],
      [
        'drops rows that one host has because it cannot read what another says of its tokens',
        "asked.catch(() => 'unknown')",
        'asked',
      ],
      [
        'forgets a lost answer when another host refuses the rows',
        "if (outcome.status !== 'retry' || isClosed) return { ...outcome, ...unclear() }",
        "if (outcome.status !== 'retry' || isClosed) return outcome",
      ],
      [
        'stays with a replica that has lost Keeper',
        'if (ofServer || ofReplica || timedOut) return true',
        'if (ofServer || timedOut) return true',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/entry',
    [exporter('divided')],
    [
      [
        'does not count what the shards may have of a batch that is divided',
        'heir.doubled = this.doubled || this.partly',
        'heir.doubled = this.doubled',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/splitter',
    [faults('divided-twice')],
    [
      [
        'divides a batch on disk differently from the process that takes it over',
        'entry.divided || entry.mayBeOnDisk ? undefined : row',
        'entry.divided ? undefined : row',
      ],
    ],
  ),
]
