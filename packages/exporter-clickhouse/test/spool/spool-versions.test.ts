import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import { DiagLogLevel } from '@opentelemetry/api'
import { expect, onTestFinished, test } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { eventually } from '../../../../test/kit/patience.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { LEASE } from '../../src/spool/lease-file.js'
import { ClickHouseSpanExporter } from '../../src/traces/span-exporter.js'
import { filesIn, pathOf, putOne, spools, textsOf } from './spool-kit.js'

const { open } = spools()
const VERSION_AT = 7
const BODY_AT = 16

async function rewrite(path: string, change: (record: Buffer) => Buffer): Promise<void> {
  await writeFile(path, change(await readFile(path)))
}

/** As a newer version writes it: another layout, another checksum. */
function ofNewerFormat(record: Buffer): Buffer {
  record.writeUInt8(2, VERSION_AT)
  return record.fill('a layout that is not known yet', BODY_AT)
}

/** As a newer version writes it that knows one more codec. */
function ofNewerCodec(record: Buffer): Buffer {
  const changed = Buffer.from(record.toString('latin1').replace('"none"', '"zstd"'), 'latin1')
  changed.writeUInt32LE(crc32(changed.subarray(0, -4)), changed.length - 4)
  return changed
}

test('records of format 1, as they were written when it was new, are delivered', async () => {
  const directory = temporaryDirectory()
  const fixture = fileURLToPath(new URL('fixtures/spool-1', import.meta.url))
  await cp(fixture, directory, { recursive: true })
  const server = await scriptedServer()
  const exporter = new ClickHouseSpanExporter({ endpoint: server.url, spool: { directory } })
  onTestFinished(() => exporter.shutdown())
  await eventually(() =>
    expect(exporter.stats().destinations['primary']).toMatchObject({ delivered: 9, dropped: {} }),
  )
  const names = server.rows.map((row) => row['span_name'])
  expect(names.sort()).toEqual(
    ['br', 'gzip', 'none'].flatMap((codec) => [1, 2, 3].map((n) => `${codec} ${n}`)),
  )
  expect(server.rows[0]).toMatchObject({ service_name: 'shop' })
})

test.each([
  ['format', ofNewerFormat],
  ['codec', ofNewerCodec],
])(
  'records of a newer %s stay where they are, and are free for a newer version',
  async (_, change) => {
    const directory = temporaryDirectory()
    const before = open(directory)
    const stored = []
    for (const text of ['first', 'second', 'third', 'fourth'])
      stored.push(await putOne(before.spool, text, 'primary', 10))
    for (const one of stored.slice(1, 3)) await rewrite(pathOf(one), change)
    await before.spool.close()

    const { spool, seen } = open(directory, { leaseMs: 60, destinations: ['primary', 'other'] })
    await eventually(() => expect(seen.recovered).toHaveLength(4))
    expect(await textsOf(spool, seen.recovered)).toEqual(['first', undefined, undefined, 'fourth'])
    expect(seen.newer.map((some) => some.map(({ name }) => name))).toEqual([
      stored.slice(1, 3).map(({ name }) => name),
    ])
    expect(seen.corrupt).toEqual([])
    seen.recovered.forEach(spool.remove)
    await eventually(async () => expect(await filesIn(directory)).toHaveLength(2))
    const left = await filesIn(directory)
    expect(left.map((path) => path.split('/').at(-1))).toEqual(
      stored.slice(1, 3).map(({ name }) => name),
    )
    // The directory is given up: its lease is gone.
    await eventually(async () => expect(await leasesBeside(left)).toEqual([]))
    // Who takes a directory over renames it. The look that finds this record has looked at the records above, too.
    const foreign = open(directory, { destinations: ['other'] })
    await putOne(foreign.spool, 'fifth', 'other')
    await foreign.spool.close()
    await eventually(() => expect(seen.recovered).toHaveLength(5))
    expect(await filesIn(directory)).toEqual(expect.arrayContaining(left))
    const another = open(directory)
    await eventually(() => expect(another.seen.recovered).toHaveLength(2))
    expect(seen.troubles).toEqual([])
  },
)

/** The leases in the directories that these records are in. */
async function leasesBeside(records: readonly string[]): Promise<string[]> {
  const homes = new Set(records.map((path) => dirname(dirname(path))))
  return (await Promise.all([...homes].map((home) => readdir(home))))
    .flat()
    .filter((n) => n === LEASE)
}

test('records of a newer version are no rows of ours: neither accepted nor dropped, and said in one line', async () => {
  const directory = temporaryDirectory()
  const before = open(directory)
  for (let n = 0; n < 150; n++)
    await rewrite(pathOf(await putOne(before.spool, `rows ${n}`, 'primary', 3)), ofNewerFormat)
  await before.spool.close()
  const lines = diagLines(DiagLogLevel.WARN)
  const server = await scriptedServer()
  const exporter = new ClickHouseSpanExporter({ endpoint: server.url, spool: { directory } })
  onTestFinished(() => exporter.shutdown())
  await eventually(() => expect(lines).toHaveLength(1))
  expect(lines[0]).toMatch(/150 batches \(450 rows\) in .*primary were written by a newer version/)
  expect(exporter.stats().destinations['primary']).toMatchObject({
    accepted: 0,
    waiting: 0,
    dropped: {},
    spooledBytes: 0,
  })
  expect(await filesIn(directory)).toHaveLength(150)
})
