import type { Limits, SpanLike } from '@spanhouse/transform'
import { Batch, isPressed, type PressedBatch } from './batch.js'
import { Batcher } from './batcher.js'
import type { Compression, DestinationConfig } from './config.js'
import type { Destination } from './destination.js'
import type { Entry, Receipt } from './entry.js'
import type { Insert } from './insert.js'
import type { Spool, Stored } from './spool.js'

type Press = (batch: Batch, compression: Compression) => Promise<void>

/** Destinations that agree on schema, batch limits and compression: they share one batcher and every batch. */
export class Lane {
  readonly destinations: readonly Destination[]
  readonly #config: DestinationConfig
  readonly #batcher: Batcher
  readonly #press: Press
  #receipts: Promise<Receipt>[] | undefined

  constructor(config: DestinationConfig, destinations: readonly Destination[], press: Press) {
    this.#config = config
    this.destinations = destinations
    this.#press = press
    // A batch must have room in every queue, also while the one before it is still there.
    const room = Math.min(...destinations.map((one) => one.config.queue.maxBytes / 2))
    const limits = { ...config.batch, maxBytes: Math.min(config.batch.maxBytes, room) }
    this.#batcher = new Batcher(limits, (lines) => void this.#dispatch(lines))
  }

  get openRows(): number {
    return this.#batcher.rows
  }

  get openBytes(): number {
    return this.#batcher.bytes
  }

  add(span: SpanLike, limits: Limits, maxRowBytes: number): void {
    const { schema } = this.#config
    try {
      const line = schema.toLine(span, undefined, limits)
      const bytes = Buffer.byteLength(line)
      if (bytes > maxRowBytes) this.#refuse('too_large')
      else this.#batcher.add(line, bytes, schema.partitionDay?.(span))
    } catch (error) {
      // Our tables do not throw; a table of the user's may.
      this.#refuse('encode_error', error instanceof Error ? error : new Error(String(error)))
    }
  }

  seal(): void {
    this.#batcher.seal()
  }

  /** Adds spans, seals, and returns the receipts of every batch that came of them. */
  addAndSeal(spans: readonly SpanLike[], limits: Limits, maxRowBytes: number): Promise<Receipt>[] {
    const receipts: Promise<Receipt>[] = []
    const outer = this.#receipts // export() may be called from onDrop
    this.#receipts = receipts
    for (const span of spans) this.add(span, limits, maxRowBytes)
    this.seal()
    this.#receipts = outer
    return receipts
  }

  #refuse(reason: 'too_large' | 'encode_error', error?: Error): void {
    for (const destination of this.destinations) {
      destination.refuse(1, reason, error)
      this.#receipts?.push(Promise.resolve('dropped'))
    }
  }

  async #dispatch(lines: string[]): Promise<void> {
    const batch = Batch.seal(lines, this.#config.compression)
    const entries = new Map<Destination, Entry>()
    for (const destination of this.destinations) {
      const entry = destination.offer(batch)
      entries.set(destination, entry)
      this.#receipts?.push(entry.receipt)
    }
    try {
      await this.#press(batch, this.#config.compression)
      if (isPressed(batch)) await this.#hand(batch, entries)
    } catch (error) {
      for (const [destination, entry] of entries) destination.abandon(entry, error as Error)
    }
  }

  /** Each destination's insert is on disk, where it has one, before the destination may send it. */
  async #hand(batch: PressedBatch, entries: ReadonlyMap<Destination, Entry>): Promise<void> {
    const bySpool = new Map<Spool | undefined, Map<Destination, Insert>>()
    for (const [destination, entry] of entries) {
      const { spool } = destination
      if (spool && !destination.makeRoomOnDisk(entry, batch.heldBytes)) continue
      const group = bySpool.get(spool) ?? new Map<Destination, Insert>()
      bySpool.set(spool, group.set(destination, destination.insertOf(batch)))
    }
    await Promise.all(
      [...bySpool].map(async ([spool, inserts]) => {
        const byName = new Map([...inserts].map(([{ config }, insert]) => [config.name, insert]))
        const stored: ReadonlyMap<string, Stored> = spool
          ? await spool.put(batch, byName)
          : new Map()
        for (const [destination, insert] of inserts) {
          const entry = entries.get(destination)
          if (entry) destination.ready(entry, insert, stored.get(destination.config.name))
        }
      }),
    )
  }
}

/** What destinations must have in common to share a lane; schemas are compared by identity. */
export function lanesOf(destinations: readonly Destination[], press: Press): Lane[] {
  const groups: Destination[][] = []
  for (const destination of destinations) {
    const group = groups.find(([first]) => first && agree(first.config, destination.config))
    if (group) group.push(destination)
    else groups.push([destination])
  }
  return groups.flatMap((group) => (group[0] ? [new Lane(group[0].config, group, press)] : []))
}

function agree(a: DestinationConfig, b: DestinationConfig): boolean {
  return (
    a.schema === b.schema &&
    JSON.stringify([a.batch, a.compression]) === JSON.stringify([b.batch, b.compression])
  )
}
