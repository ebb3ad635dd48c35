import { readdir, readFile, truncate } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import {
  decodeRecord,
  parseRecordName,
} from '../../../packages/exporter-clickhouse/src/spool/record.js'
import { readInsert } from '../../kit/insert-body.js'
import { numberOf, type SignalName } from '../../kit/numbered-records.mjs'
import { storedRecord } from '../../kit/oracle.js'
import type { Child } from '../child.js'
import { ROUGH, type Scene } from './scene.js'

/** Every batch in the spool. Directories may come and go during the search. */
export async function recordsIn(spool: string): Promise<string[]> {
  for (;;)
    try {
      const names = await readdir(spool, { recursive: true })
      return names.filter((name) => name.endsWith('.batch')).map((name) => join(spool, name))
    } catch {}
}

/** Rows in the spool, for each destination that still needs them. */
export async function rowsIn(spool: string): Promise<number> {
  const records = await recordsIn(spool)
  return records.reduce((sum, path) => sum + (parseRecordName(basename(path))?.rows ?? 0), 0)
}

/**
 * Cuts a record that a dead process has left, as a loss of power may, before another process has taken it over. From now
 * on its rows may be missing at every destination that still needed them. False if there is no such record.
 */
export async function tearARecord(scene: Scene, of: Child): Promise<boolean> {
  for (const path of scene.random.shuffled(await recordsIn(scene.spool))) {
    const way = scene.ways.find(({ of: { signal } }) => signal === of.signal)
    const destination = basename(dirname(path))
    if (!way) continue
    try {
      const bytes = await readFile(path)
      const numbers = await numbersIn(bytes, destination, of.signal)
      if (numbers.length === 0 || !numbers.every((number) => of.made.has(number))) continue
      // One file under several names.
      await truncate(path, scene.random.between(0, bytes.length - 1))
      for (const name of ROUGH) way.exports.oracle.excuse(name, numbers)
      return true
    } catch {
      // Another process was faster.
    }
  }
  return false
}

async function numbersIn(
  record: Buffer,
  destination: string,
  signal: SignalName,
): Promise<number[]> {
  const stored = decodeRecord(record, destination)
  if (!stored) return []
  const lines = await stored.batch.lines()
  const insert = readInsert('', `${stored.insert.statement}\n${lines.join('\n')}`)
  return insert?.rows.map((row) => numberOf(storedRecord(signal, row).id)) ?? []
}
