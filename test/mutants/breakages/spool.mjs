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
      'writes a record under its own name from the first byte',
      'const draft = ',
      'const draft = path; void ',
    ],
  ]),
  ...inFile('exporter/spool/disk', quick, [
    ['believes a short write', 'at += bytesWritten', 'at = bytes.length'],
    ['believes a short read', 'at += bytesRead', 'at = bytes'],
    [
      'leaves half of a record behind when the disk is full',
      'await ignoring(fs.unlink(draft))',
      '',
    ],
  ]),
  ...inFile('exporter/spool/writer', durable, [
    [
      'does not make the name of a record last',
      'if (sync) for (const stored of made)',
      'if (false) for (const stored of made)',
    ],
    [
      'does not make the folder of a destination last',
      'if (syncFolders) await',
      'if (false) await',
    ],
  ]),
  ...inFile('exporter/spool/writer', quick, [
    ['keeps what it has written although the rest failed', 'made.forEach(undo)', ''],
    ['gives two records one name', 'Math.max(lastStamp + 1, ', 'Math.max('],
  ]),
  ...inFile(
    'exporter/spool/record',
    [exporter('spool-record'), exporter('spool-corruption')],
    [
      ["skips the spool's checksum", 'if (crc32(record.subarray(0, end)) !==', 'if (end <'],
      [
        'believes what a record says of its length',
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
        'syncs the file, and not its name',
        'for (const folder of folders) await',
        'for (const folder of []) await',
      ],
      [
        'leaves unsynced what was written last before the end',
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
        'takes a file that is gone for a damaged one',
        "if (isGone(error)) return { status: 'gone' }",
        "if (isGone(error)) return { status: 'corrupt' }",
      ],
      [
        'gives a record up after one error of the disk',
        '++errors >= MAX_READ_ERRORS',
        '++errors >= 1',
      ],
    ],
  ),
  ...inFile(
    'exporter/spool/recovery',
    [exporter('spool'), exporter('spool-faults')],
    [
      ['sends the newest of what it recovers first', 'a.stamp - b.stamp', 'b.stamp - a.stamp'],
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
      'keeps on disk what the disk wrote too late and nobody wants',
      'stored.forEach(remove)',
      'void stored',
    ],
    ['writes what was given up before it was begun', 'givenUp = true', 'void givenUp'],
    ['keeps its lease when it is closed', 'await leases.releaseAll()', ''],
  ]),
  ...inFile('exporter/spool/loader', quick, [
    [
      'counts a damaged record nowhere',
      'else removal.add(stored)\n      events.corrupt(stored)',
      'else removal.add(stored)',
    ],
    [
      'takes a record that was deleted for one that was taken over',
      "if (whereabouts !== 'adopted') events.corrupt(stored)",
      "if (whereabouts === 'here') events.corrupt(stored)",
    ],
  ]),
  ...inFile(
    'exporter/spool/corrupt',
    [exporter('spool-corruption')],
    [
      [
        'keeps damaged records without bound',
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
        "takes over a living owner's directory",
        'for (const path of await findFree(others, now))',
        'for (const path of others)',
      ],
      [
        'takes a directory over without saying so first',
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
        'takes owners for dead because a clock was set',
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
        'forgets what the disk took late',
        'if (late) this.#awaitOnDisk',
        'if (false) this.#awaitOnDisk',
      ],
      [
        'removes from disk what came late before its parts are delivered',
        'await gone // perhaps it was divided',
        'void gone // it was divided',
      ],
      [
        'says that rows in memory are on disk',
        'if (!entry.stored && counts',
        'if (entry.stored && counts',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/loading',
    [exporter('spool-late'), exporter('spool-takeover')],
    [
      [
        'sends from memory what another process has taken over',
        "if (whereabouts === 'adopted') {",
        "if (whereabouts === 'none') {",
      ],
      [
        'believes a directory that was deleted to be on disk',
        "if (whereabouts === 'gone') entry.stored = undefined",
        "if (whereabouts === 'gone') void entry",
      ],
    ],
  ),
  ...inFile(
    'exporter/spool/lease',
    [exporter('spool-takeover')],
    [
      ['leaves no mark where it takes over', 'await mark(path)\n', ''],
      ['keeps the marks of those taken over for ever', '> KEEP_MARKS_MS', '< 0'],
      [
        'never asks whether it was taken over',
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
        'takes a refused record of an earlier configuration for a failing server',
        "isKindAtFault(outcome, facts) ? 'kind' : ",
        '',
      ],
      [
        'sends new rows although a time was named with the refusal of a record',
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
        'asks again with every record of a kind that was refused',
        'return recovered && insert && this.#kinds.size > 0 ? kindOf(insert) : undefined',
        'return undefined',
      ],
      [
        'leaves a kind aside although one of it was taken',
        'this.#kinds.taken(entry, kindOf(entry.insert))',
        'void kindOf',
      ],
      ['forgets what kind a refused record is while memory is short', 'entry.kind = kind\n', ''],
    ],
  ),
  ...inFile(
    'exporter/delivery/destination',
    [exporter('spool-refused')],
    [
      [
        'makes flushes wait for records that are refused',
        '.filter((entry) => !isAsideOnDisk(entry))',
        '',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/attempts',
    [exporter('spool-refused')],
    [
      [
        'does not ask whether the process before had stored a record',
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
        'asks as often as there are records',
        'this.#askLater(kind, delayMs(kind.refusals))',
        'this.#askLater(kind, delayMs(1))',
      ],
      [
        'has refused records follow each new batch',
        'else if (this.#wokenByOthers.has(name)) return',
        'else if (false) return',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/attempts',
    [exporter('spool-refused')],
    [
      [
        "creates the configured table for a record of another's",
        'sender.attempt(part.batch, part.insert, table.target, {',
        'sender.attempt(part.batch, part.insert, config.targets.traces, {',
      ],
    ],
  ),
  ...inFile(
    'exporter/spool/record',
    [exporter('spool-versions')],
    [
      ['takes a newer format for damage', 'return !intact(asOurs)', 'return false'],
      [
        'takes what it does not understand for damage',
        'return parts !== undefined && !(head',
        'return false && !(head',
      ],
      [
        'cannot read what it once wrote',
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
        'takes over again and again what it has left to a newer version',
        'else if (!(await isLeft(name, inside))) wanted = true',
        'else wanted = true',
      ],
      [
        'keeps from a newer version what it cannot read itself',
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
    'exporter/spool/spool',
    [exporter('untraced')],
    [['lets its files be traced', 'const fs = untraced(disk)', 'const fs = disk; void untraced']],
  ),
]
