import type { Limits, SpanLike } from '@spanhouse/transform'
import { Batch } from './batch.js'
import { Batcher } from './batcher.js'
import type { DestinationConfig } from './config.js'
import type { Destination, Receipt } from './destination.js'

/** Destinations that agree on schema, batch limits and compression: they share one batcher and every batch. */
export class Lane {
  readonly destinations: readonly Destination[]
  readonly #config: DestinationConfig
  readonly #batcher: Batcher
  readonly #press: (batch: Batch) => Promise<void>
  #receipts: Promise<Receipt>[] | undefined

  constructor(
    config: DestinationConfig,
    destinations: readonly Destination[],
    press: (batch: Batch) => Promise<void>,
  ) {
    this.#config = config
    this.destinations = destinations
    this.#press = press
    this.#batcher = new Batcher(config.batch, (lines) => this.#dispatch(lines))
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
    this.#receipts = receipts
    for (const span of spans) this.add(span, limits, maxRowBytes)
    this.seal()
    this.#receipts = undefined
    return receipts
  }

  #refuse(reason: 'too_large' | 'encode_error', error?: Error): void {
    for (const destination of this.destinations) destination.refuse(1, reason, error)
  }

  #dispatch(lines: string[]): void {
    const batch = new Batch(lines, this.#config.compression)
    for (const destination of this.destinations) {
      const receipt = destination.offer(batch)
      this.#receipts?.push(receipt)
    }
    this.#press(batch).then(
      () => {
        for (const destination of this.destinations) destination.pressed(batch)
      },
      (error) => {
        for (const destination of this.destinations)
          destination.abandon(batch, 'encode_error', error)
      },
    )
  }
}

/** What destinations must have in common to share a lane; schemas are compared by identity. */
export function lanesOf(
  destinations: readonly Destination[],
  press: (batch: Batch) => Promise<void>,
): Lane[] {
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
