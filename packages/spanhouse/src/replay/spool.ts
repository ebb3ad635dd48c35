import { access } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Config, type DestinationConfig, Pipeline, parseRecordName } from '#exporter'
import { readSpool } from '../doctor/disk/spool-contents.js'

/** The orphaned batches of one destination and signal, and where they go now. */
export interface SpoolReplay {
  readonly directory: string
  /** The name of the destination's folders. */
  readonly folder: string
  readonly config: Config
  readonly destination: DestinationConfig
}

export interface SpoolReplayed {
  readonly delivered: number
  /** Refused for good, and kept in `deadLetters` unless they were dropped. */
  readonly refused: number
  readonly lost: number
  /** Left in the spool, because the server did not take them. */
  readonly waiting: number
  /** Left in the spool, because their directories could not be taken over. */
  readonly left: number
  /** Left in the spool for the newer version that wrote them. */
  readonly newer: number
  readonly possibleDuplicates: number
  readonly lastError: string | undefined
  readonly deadLetters: { readonly directory: string } | { readonly table: string }
}

/** Without any progress for so long, the rest stays in the spool. */
const PATIENCE_MS = 60_000
const POLL_MS = 100
const REFUSED_BYTES = 1024 * 1024 * 1024

/**
 * Sends what processes that have ended left in a spool, as an application would that starts with this spool: it takes the directories over,
 * so that no two processes send the same rows, and sends each batch with the token that it had before.
 */
export async function replaySpool(
  { directory, folder, config, destination }: SpoolReplay,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<SpoolReplayed> {
  const leaseMs = destination.spool?.leaseMs ?? 15_000
  const { orphaned } = await readSpool(directory, leaseMs, signal)
  const awaited = new Set((orphaned.get(folder) ?? []).map((path) => basename(path)))
  const deadLetters = join(directory, 'refused')
  const pipeline = new Pipeline<never>({
    ...(config as Config<never>),
    destinations: [
      {
        ...(destination as DestinationConfig<never>),
        spool: {
          directory,
          maxBytes: Number.MAX_SAFE_INTEGER,
          fsync: destination.spool?.fsync ?? 'interval',
          leaseMs,
        },
        // A row that is refused even now must not be lost.
        deadLetter: destination.deadLetter ?? { directory: deadLetters, maxBytes: REFUSED_BYTES },
        retry: { ...destination.retry, maxRetries: Number.POSITIVE_INFINITY },
      },
    ],
    doubts: [],
    flushOnSignal: false,
    shutdownTimeoutMs: 500,
    warnings: false,
    onDrop: undefined,
    meterProvider: undefined,
  })
  const statsOf = () => {
    const stats = pipeline.stats().destinations[destination.name]
    if (stats === undefined) throw new Error(`no figures of ${destination.name}`)
    return stats
  }
  try {
    let changedAt = performance.now()
    let before = ''
    let onDisk = { left: 0, newer: 0 }
    for (let empty = 0; ; ) {
      onDisk = await rowsLeft(directory, folder, awaited, leaseMs, signal)
      const stats = statsOf()
      // A directory that is being taken over has one name when the list begins, and another one when it ends: it may be in neither.
      empty = onDisk.left === 0 && stats.waiting === 0 ? empty + 1 : 0
      if (empty === 2) break
      say(`${stats.delivered} rows delivered, ${stats.waiting} wait`)
      const now = JSON.stringify([stats.delivered, stats.dropped, onDisk])
      if (now !== before) changedAt = performance.now()
      before = now
      if (performance.now() - changedAt > PATIENCE_MS) break
      await sleep(POLL_MS, undefined, { signal })
    }
    const { delivered, dropped, possibleDuplicates, lastError, waiting } = statsOf()
    const lost = Object.values(dropped).reduce((sum, rows) => sum + rows, 0)
    const refused = dropped.dead_lettered ?? 0
    const place = destination.deadLetter
    return {
      ...{ delivered, refused, possibleDuplicates, waiting },
      // What was taken over is on the disk as well.
      left: Math.max(0, onDisk.left - waiting),
      newer: onDisk.newer,
      lost: lost - refused,
      lastError: lastError ?? undefined,
      deadLetters:
        place && 'table' in place
          ? { table: `${place.database}.${place.table}` }
          : { directory: place?.directory ?? deadLetters },
    }
  } finally {
    await pipeline.shutdown()
  }
}

/** How many rows of these records are still in the spool, and how many of a newer version, which will stay. Their names stay the same when a directory is taken over. */
async function rowsLeft(
  directory: string,
  folder: string,
  awaited: ReadonlySet<string>,
  leaseMs: number,
  signal: AbortSignal,
): Promise<{ left: number; newer: number }> {
  let [left, ofNewer] = [0, 0]
  if (awaited.size === 0) return { left, newer: ofNewer }
  const { records, newer } = await readSpool(directory, leaseMs, signal)
  for (const path of records.get(folder) ?? []) {
    if (!awaited.has(basename(path))) continue
    const rows = parseRecordName(basename(path))?.rows ?? 0
    if (newer.has(path)) ofNewer += rows
    else left += rows
  }
  return { left, newer: ofNewer }
}

/** Whether a folder is a spool, by the names of what is in it. */
export async function isSpool(directory: string, names: readonly string[]): Promise<boolean> {
  if (names.some((name) => /^(?:o|new)-[0-9a-f-]{36}$/.test(name))) return true
  return access(join(directory, 'adopted')).then(
    () => true,
    () => false,
  )
}
