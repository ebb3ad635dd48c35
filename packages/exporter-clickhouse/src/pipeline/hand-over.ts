import type { CompactForm } from '@spanhouse/transform/internal'
import type { Parcel } from '../accounting/parcel.js'
import { Batch, type CompressedBatch, isCompressed, type Rows } from '../batching/batch.js'
import type { Insert } from '../clickhouse/insert.js'
import { type Limit, newLimit } from '../common/limit.js'
import { outside } from '../common/outside.js'
import type { DestinationConfig, Target } from '../config/config.js'
import { nameOnDisk } from '../config/name-on-disk.js'
import type { Signal } from '../config/signal.js'
import type { Destination } from '../delivery/destination.js'
import type { Entry, Receipt } from '../delivery/entry.js'
import type { PutOptions, Spool } from '../spool/spool.js'
import type { Stored } from '../spool/stored.js'

/** The rows of a batch, and where they go. */
export interface Sealed {
  /** The index of a configured target, or one that `dispatch` has named. */
  readonly target: number | Target
  readonly rows: Rows
  readonly common: CompactForm | undefined
  readonly config: DestinationConfig
  readonly destinations: readonly Destination[]
  readonly parcel?: Parcel | undefined
  /** See `Batch`. */
  readonly identity?: string | undefined
}

// No more of one signal wait for threads: a flood of log records must not delay spans.
const turns: Record<Signal, Limit> = {
  traces: newLimit(2),
  logs: newLimit(2),
  metrics: newLimit(2),
}

/** Puts the rows into the queue of each destination at once, and makes them ready to be sent later. Returns a receipt for each destination. */
export function handOver(sealed: Sealed): Promise<Receipt>[] {
  return outside(() => offer(sealed))
}

function offer({
  target,
  rows,
  common,
  config: { compression, signal },
  destinations,
  parcel,
  identity,
}: Sealed): Promise<Receipt>[] {
  const batch = Batch.of(rows, compression, common, identity)
  const entries = new Map<Destination, Entry>()
  batch.want() // until every destination has been asked
  for (const destination of destinations) {
    const course = parcel?.courseAt(destination.config.name)
    entries.set(destination, destination.offer(batch, target, course))
  }
  batch.unwant()
  void (async () => {
    try {
      await turns[signal].run(() => batch.compress(compression))
      if (isCompressed(batch)) await makeReady(batch, target, entries)
    } catch (error) {
      for (const [destination, entry] of entries) destination.abandon(entry, error as Error)
    }
  })()
  return [...entries.values()].map((entry) => entry.receipt)
}

/** If a destination has a spool, the batch is put on disk before it may be sent. */
async function makeReady(
  batch: CompressedBatch,
  target: number | Target,
  entries: ReadonlyMap<Destination, Entry>,
): Promise<void> {
  const inserts = new Map([...entries.keys()].map((one) => [one, one.insertOf(batch, target)]))
  const hasSpool = [...inserts.keys()].some(({ spool }) => spool)
  const bytes = hasSpool ? recordBytes(batch, inserts) : 0
  const bySpool = new Map<Spool | undefined, Map<Destination, Insert>>()
  for (const [destination, insert] of inserts) {
    const { spool } = destination
    const entry = entries.get(destination)
    if (!entry || (spool && !destination.disk.makeRoom(entry, bytes))) continue
    const group = bySpool.get(spool) ?? new Map<Destination, Insert>()
    bySpool.set(spool, group.set(destination, insert))
  }
  await Promise.all(
    [...bySpool].map(async ([spool, inserts]) => {
      const byName = new Map(
        [...inserts].map(([{ config }, insert]) => [nameOnDisk(config), insert]),
      )
      let late: Promise<ReadonlyMap<string, Stored>> | undefined
      const options: PutOptions = {
        late(coming) {
          late = coming
        },
      }
      const stored: ReadonlyMap<string, Stored> = spool
        ? await spool.put(batch, byName, options)
        : new Map()
      for (const [destination, insert] of inserts) {
        const entry = entries.get(destination)
        const name = nameOnDisk(destination.config)
        const comesLate = late?.then((all) => all.get(name))
        if (entry) destination.ready(entry, insert, stored.get(name), comesLate)
      }
    }),
  )
}

/** Upper bound on the size of the record on disk, which is reached if all of these destinations share it. */
function recordBytes(batch: CompressedBatch, inserts: ReadonlyMap<Destination, Insert>): number {
  const heads = [...inserts].map(([{ config }, insert]) =>
    JSON.stringify([nameOnDisk(config), insert]),
  )
  return batch.compressed.body.length + Buffer.byteLength(heads.join('')) + 256
}
