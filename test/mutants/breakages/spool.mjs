import { exporter, faults } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

const durable = [faults('durability')]
const quick = [
  exporter('spool'),
  exporter('spool-reads'),
  exporter('spool-lease'),
  exporter('spool-faults'),
]

export const SPOOL = [
  ...inFile('exporter/spool/disk', durable, [
    ['does not fsync', 'if (sync) await file.datasync()', 'void sync'],
    [
      'writes an incomplete record under its final name',
      'const draft = ',
      'const draft = path; void ',
    ],
  ]),
  ...inFile('exporter/spool/disk', quick, [
    ['treats a short write as complete', 'at += bytesWritten', 'at = bytes.length'],
    ['treats a short read as complete', 'at += bytesRead', 'at = bytes'],
    [
      'leaves half of a record behind when the disk is full',
      'await ignoring(fs.unlink(draft))',
      '',
    ],
  ]),
  ...inFile('exporter/spool/writer', durable, [
    [
      'does not sync the name of a record',
      'if (sync) for (const stored of made)',
      'if (false) for (const stored of made)',
    ],
    ['does not sync the folder of a destination', 'if (syncFolders) await', 'if (false) await'],
  ]),
  ...inFile(
    'exporter/spool/recovery',
    [exporter('spool-parts')],
    [['forgets parts that it could not delete', '() => events.undeleted(one)', '() => {}']],
  ),
  ...inFile(
    'exporter/spool/writer',
    [exporter('spool-parts')],
    [
      [
        'writes a part where it may be found without its batch',
        'let home = what[3]?.lease',
        'let home: Lease | undefined',
      ],
      [
        'writes parts of a batch that another process has taken over',
        "else if (whereabouts === 'adopted' && home) return []\n",
        '',
      ],
    ],
  ),
  ...inFile('exporter/spool/writer', quick, [
    ['keeps the records it has written although the rest failed', 'made.forEach(undo)', ''],
  ]),
  // Only the first test file: with this mistake all others wait until their limits.
  ...inFile(
    'exporter/spool/writer',
    [exporter('spool')],
    [['gives two records the same name', 'Math.max(lastStamp + 1, ', 'Math.max(']],
  ),
  ...inFile(
    'exporter/spool/record',
    [exporter('spool-record'), exporter('spool-corruption')],
    [
      ["skips the spool's checksum", 'if (crc32(record.subarray(0, end)) !==', 'if (end <'],
      [
        'does not check the length that a record states',
        'if (end + CRC_BYTES !== record.length) return',
        '',
      ],
      [
        "sends a record with another destination's insert",
        'head.inserts[destination]',
        'Object.values(head.inserts)[0]',
      ],
    ],
  ),
  ...inFile(
    'exporter/spool/sync',
    [faults('interval-sync')],
    [
      [
        'syncs the file but not its name',
        'for (const folder of folders) await',
        'for (const folder of []) await',
      ],
      [
        'does not sync the last records before the end',
        'return sync()',
        'return Promise.resolve()',
      ],
    ],
  ),
  ...inFile(
    'exporter/spool/reader',
    [exporter('spool-reads'), exporter('spool-faults'), exporter('spool-corruption')],
    [
      [
        'treats a deleted file as damaged',
        "if (isGone(error)) return { status: 'gone' }",
        "if (isGone(error)) return { status: 'corrupt' }",
      ],
      ['gives up a record after one disk error', '++errors >= MAX_READ_ERRORS', '++errors >= 1'],
    ],
  ),
  ...inFile(
    'exporter/spool/recovery',
    [exporter('spool'), exporter('spool-faults')],
    [
      ['sends the newest recovered batch first', 'a.stamp - b.stamp', 'b.stamp - a.stamp'],
      [
        'takes over batches of destinations it does not know',
        '|| !ours.has(destination)) continue',
        ') continue',
      ],
    ],
  ),
  ...inFile('exporter/spool/spool', quick, [
    ['never renews its lease', 'await leases.renew()', ''],
    [
      'keeps records on disk that were written too late and are not needed',
      'stored.forEach(remove)',
      'void stored',
    ],
    ['writes records that were given up before the write began', 'givenUp = true', 'void givenUp'],
    ['keeps its lease when it is closed', 'await leases.releaseAll()', ''],
  ]),
  ...inFile(
    'exporter/spool/reads',
    [exporter('spool-faults')],
    [
      ['begins reads beside one that hangs', 'const MAX_READS = 1', 'const MAX_READS = 200'],
      [
        'loses a batch that came late',
        '(result instanceof Error ? undefined : result),',
        'void result,',
      ],
    ],
  ),
  ...inFile('exporter/spool/loader', quick, [
    [
      'does not count a damaged record',
      'else removal.add(stored)\n      events.corrupt(stored)',
      'else removal.add(stored)',
    ],
    [
      'treats a deleted record as taken over',
      "if (whereabouts !== 'adopted') events.corrupt(stored)",
      "if (whereabouts === 'here') events.corrupt(stored)",
    ],
  ]),
  ...inFile(
    'exporter/spool/corrupt',
    [exporter('spool-corruption')],
    [
      [
        'keeps damaged records without a limit',
        'if (index < MAX_FILES && bytes <= MAX_BYTES) continue',
        'continue',
      ],
    ],
  ),
  ...inFile(
    'exporter/spool/lease',
    [exporter('lease'), exporter('lease-adoption')],
    [
      [
        'takes over the directory of a running process',
        'for (const path of await findFree(others, now))',
        'for (const path of others)',
      ],
      [
        'takes over a directory without renewing its lease first',
        'await renewLease(fs, path)\n          await mark(path)',
        'await mark(path)',
      ],
    ],
  ),
  ...inFile(
    'exporter/spool/lease-file',
    [exporter('lease')],
    [
      [
        'treats processes as dead because a clock was set',
        '? isFirstLook || unchangedMs >= leaseMs / 2',
        '? true',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/destination',
    [exporter('spool-late'), exporter('spool-takeover')],
    [
      [
        'forgets a record that the disk wrote late',
        'if (late) this.disk.awaitLate',
        'if (false) this.disk.awaitLate',
      ],
      [
        'reports rows in memory as rows on disk',
        'if (!entry.record && counts',
        'if (entry.record && counts',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/on-disk',
    [exporter('spool-late')],
    [
      [
        'removes a record that was written late before its parts are delivered',
        'await gone // perhaps it was divided',
        'void gone // it was divided',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/loading',
    [exporter('spool-late'), exporter('spool-takeover')],
    [
      [
        'sends a batch from memory that another process has taken over',
        "if (whereabouts === 'adopted') {",
        "if (whereabouts === 'none') {",
      ],
      [
        'assumes that batches of a deleted directory are on disk',
        'entry.lostRecord() // it is in memory',
        'void entry // it is in memory',
      ],
    ],
  ),
  ...inFile(
    'exporter/spool/spool',
    [exporter('spool-takeover')],
    [
      [
        'does not ask a full disk who has a batch',
        'closed || diskState.isSilent',
        'closed || diskState.isFailing',
      ],
      [
        'waits for a disk that does not answer each time it asks who has a batch',
        'closed || diskState.isSilent',
        'closed',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/loading',
    [exporter('spool-divided')],
    [
      [
        'sends a part although another process has taken over the whole batch',
        'await spool.check(entry.record)',
        "entry.stored ? await spool.check(entry.stored) : 'here'",
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/destination',
    [exporter('spool-divided')],
    [
      [
        'drops parts at shutdown although the whole batch is on disk',
        'if (entry.record) continue',
        'if (entry.stored) continue',
      ],
      [
        'does not count delivered parts that the next process sends again',
        'this.#countSentAgain()\n',
        '',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/whole-record',
    [exporter('whole-record')],
    [
      [
        'counts delivered rows for the innermost record only',
        'one = one.of) one.del',
        'one = undefined) one.del',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/holdings',
    [exporter('spool-divided'), exporter('spool-late')],
    [
      [
        'removes a whole batch at shutdown of which parts are only in memory',
        '!whole.stored || this.needs(whole)',
        '!whole.stored',
      ],
      [
        'keeps a whole batch on disk although its parts are gone',
        '!whole.stored || this.needs(whole)',
        'whole.stored',
      ],
    ],
  ),
  ...inFile(
    'exporter/spool/lease',
    [exporter('spool-takeover')],
    [
      ['leaves no mark for a directory that it takes over', 'await mark(path)\n', ''],
      ['keeps the marks of takeovers forever', '> KEEP_MARKS_MS', '< 0'],
      [
        'never checks whether its directory was taken over',
        'clock.now() - lease.renewedAt < leaseMs / 2',
        'true',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/verdict',
    [exporter('verdict'), exporter('spool-refused')],
    [
      [
        'blames the server for a refused record of an earlier configuration',
        "if (isKindAtFault(outcome, facts)) return 'kind'",
        '',
      ],
      [
        'sends new rows although a record was refused with a Retry-After',
        'error instanceof ClickHouseError && retryAfterMs === undefined\n',
        'error instanceof ClickHouseError\n',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/aside',
    [exporter('spool-refused')],
    [
      [
        'sends every record of a refused kind again',
        'return foreign && insert && this.#kinds.size > 0 ? kindOf(insert) : undefined',
        'return undefined',
      ],
      [
        'leaves a kind of record aside although one was accepted',
        'this.#kinds.taken(entry, kindOf(entry.insert))',
        'void kindOf',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/holdings',
    [exporter('spool-refused')],
    [
      [
        'makes flushes wait for refused records',
        '    this.#cohorts.leaves(entry)\n    this.#departures.gone(entry)\n',
        '    this.#departures.gone(entry)\n',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/attempts',
    [exporter('spool-refused')],
    [
      [
        'ignores that the previous process may have stored a record',
        'history.ambiguous || entry.recovered',
        'history.ambiguous',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/refused-kinds',
    [exporter('spool-refused')],
    [
      [
        'does not wait longer after each refusal of a kind of record',
        'delayMs(kind.refusals) *',
        'delayMs(1) *',
      ],
      [
        'sends refused records again after each new batch',
        'else if (this.#wokenByOthers.has(name)) return',
        'else if (false) return',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/attempt',
    [exporter('spool-refused')],
    [
      [
        'creates the configured table for a record of another table',
        'sender.attempt(part.batch, part.insert, table.target, {',
        'sender.attempt(part.batch, part.insert, config.targets[0], {',
      ],
    ],
  ),
  ...inFile(
    'exporter/spool/record',
    [exporter('spool-versions')],
    [
      ['treats a newer format as damage', 'return !intact(asOurs)', 'return false'],
      [
        'treats a record that it does not understand as damaged',
        'return parts !== undefined && !(head',
        'return false && !(head',
      ],
      [
        'cannot read records that earlier versions wrote',
        "Buffer.from('SPANSPL\\x01', 'latin1')",
        "Buffer.from('SPANSPL\\x02', 'latin1')",
      ],
    ],
  ),
  ...inFile(
    'exporter/spool/recovery',
    [exporter('spool-versions')],
    [
      [
        'takes over records again and again that it has left for a newer version',
        'else if (!(await isLeft(name, inside))) wanted = true',
        'else wanted = true',
      ],
      [
        'keeps holding records that it should leave for a newer version',
        'if (ours.has(name) && !(await isLeft(name, path))) return',
        'if (ours.has(name)) return',
      ],
    ],
  ),
  ...inFile(
    'exporter/spool/corrupt',
    [exporter('spool-corruption')],
    [['deletes damaged records silently', 'if (gone > 0) deleted(gone)', '']],
  ),
  ...inFile(
    'exporter/common/own-files',
    [exporter('own-files')],
    [
      [
        'lets instrumentations trace its file operations',
        'withoutTracing(call)',
        '(void withoutTracing, call())',
      ],
      [
        'does not count calls to files that are open',
        "return name === 'open' ? inTurn(result, run) : result",
        'return result',
      ],
      [
        'takes every thread for a disk',
        'own.run(() => calls.run(',
        'own.run(() => (calls, <T>(call: () => T) => call())(',
      ],
      ['lets a directory that hangs hold up all others', 'newLimit(1)', 'newLimit(2)'],
      ['takes a turn for each entry of a folder', 'const PAGE = 512', 'const PAGE = 1'],
    ],
  ),
]
