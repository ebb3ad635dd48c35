import { createHash, webcrypto } from 'node:crypto'
import type { CompactForm } from '@spanhouse/transform/internal'
import { newLimit } from '../common/limit.js'
import type { Compression } from '../config/config.js'
import { compress, decompress } from './codecs.js'

/** Rows as JSONEachRow, each followed by a newline. */
export interface Rows {
  readonly rows: number
  readonly bytes: Buffer
  /** No other batch has these rows: one of them has ids of a span, in hex (others may have been redacted). */
  readonly isUnique?: boolean
  /** Call this when `bytes` is not read any more. The memory is then used again: new memory for each batch would keep the garbage collector busy. */
  release?(): void
}

/** The compressed rows: made once, and the same for every attempt and destination. */
export interface CompressedRows {
  /** SHA-256 of the body in hex. The body has only a tenth of the rows' bytes, so its hash is cheap. */
  readonly digest: string
  readonly body: Buffer
}

// Of all exporters, in order. Node has four threads, and the application needs them too.
const compressions = newLimit(2)

export type CompressedBatch = Batch & { readonly compressed: CompressedRows }

/** What a batch and its record on disk have in common. */
export interface BatchShape {
  readonly rows: number
  readonly rawBytes: number
  readonly codec: Compression['codec']
}

/** A sealed batch: its rows do not change. It is sealed before it is compressed, so that it has its place in the queues meanwhile. */
export class Batch implements BatchShape {
  readonly rows: number
  readonly rawBytes: number
  readonly codec: Compression['codec']
  /** What all rows have in common and do not contain themselves. The INSERT of each destination is made from it and then contains it. */
  readonly common: CompactForm | undefined
  /**
   * Tells this batch apart from others of equal rows, and is the same when it is exported again. Empty if equal rows are the same rows, because
   * they have ids. Undefined if it cannot be exported again: then it is another batch than all others.
   */
  readonly identity: string | undefined
  #raw: Buffer | undefined
  /** Forgotten when it was called: it holds the buffer from which the rows were taken, which is larger than they are. */
  #release: (() => void) | undefined
  #wanted = 0
  #isCompressing = false
  #compressed: CompressedRows | undefined

  private constructor(
    { rows, rawBytes, codec }: BatchShape,
    from: {
      raw?: Rows
      compressed?: CompressedRows
      common?: CompactForm | undefined
      identity?: string | undefined
    },
  ) {
    this.rows = rows
    this.rawBytes = rawBytes
    this.codec = codec
    this.common = from.common
    this.identity = from.identity
    this.#raw = from.raw?.bytes
    this.#release = from.raw?.release
    this.#compressed = from.compressed
  }

  /** A batch of these rows, one a line and without newlines. */
  static seal(lines: readonly string[], compression: Compression): Batch {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
    return Batch.of({ rows: lines.length, bytes }, compression)
  }

  static of(
    raw: Rows,
    { codec, thresholdBytes }: Compression,
    common?: CompactForm,
    identity?: string,
  ): Batch {
    const rawBytes = raw.bytes.length
    return new Batch(
      { rows: raw.rows, rawBytes, codec: rawBytes >= thresholdBytes ? codec : 'none' },
      { raw, common, identity },
    )
  }

  /** A batch that was read from disk. */
  static restore(shape: BatchShape, compressed: CompressedRows): Batch {
    return new Batch(shape, { compressed })
  }

  /** The memory that it holds at this moment. */
  get heldBytes(): number {
    const queryBytes = this.common?.query.length ?? 0
    return OVERHEAD_BYTES + queryBytes + ((this.#compressed?.body ?? this.#raw)?.length ?? 0)
  }

  /** Undefined until `compress()` has resolved. */
  get compressed(): CompressedRows | undefined {
    return this.#compressed
  }

  /** One more destination wants it. */
  want(): void {
    this.#wanted++
  }

  /** A destination has delivered or dropped it. A batch that no destination wants any more is not compressed, and its memory is released at once. */
  unwant(): void {
    if (--this.#wanted > 0 || this.#isCompressing || !this.#raw) return
    this.#raw = undefined
    this.#giveBack()
  }

  /**
   * Compresses and hashes the rows on other threads, unless no destination wants the batch any more when its turn comes. Call it only once.
   */
  compress({ level }: Compression): Promise<void> {
    return compressions.run(() => this.#compress(level))
  }

  async #compress(level: number): Promise<void> {
    const raw = this.#raw
    if (!raw) return
    this.#isCompressing = true
    const body = await compress(raw, this.codec, level)
    this.#compressed = { digest: await digestOf(body), body }
    this.#raw = undefined
    if (body.buffer !== raw.buffer) this.#giveBack()
    this.#release = undefined
  }

  #giveBack(): void {
    this.#release?.()
    this.#release = undefined
  }

  /** Its rows, one a line and without newlines. */
  async lines(): Promise<string[]> {
    const raw =
      this.#raw ?? (await decompress(this.#compressed?.body ?? Buffer.alloc(0), this.codec))
    return raw.toString().split('\n').slice(0, -1) // JSON text contains no newline
  }
}

export function isCompressed(batch: Batch): batch is CompressedBatch {
  return batch.compressed !== undefined
}

/** A compressed batch of the same rows, each changed by `rewrite`. */
export async function rewritten(
  batch: Batch,
  rewrite: (line: string) => string,
  compression: Compression,
): Promise<CompressedBatch> {
  return compressedBatch((await batch.lines()).map(rewrite), compression)
}

/** Divides the rows into two compressed batches: rows `from` up to `to` (exclusive), and the others. A batch without rows is left out. */
export async function divide(
  batch: Batch,
  { from, to }: { from: number; to: number },
  compression: Compression,
): Promise<CompressedBatch[]> {
  const lines = await batch.lines()
  const parts = [lines.slice(from, to), [...lines.slice(0, from), ...lines.slice(to)]]
  return Promise.all(
    parts.filter((part) => part.length > 0).map((part) => compressedBatch(part, compression)),
  )
}

/** A compressed batch of these rows, one a line and without newlines. */
export async function compressedBatch(
  lines: readonly string[],
  compression: Compression,
): Promise<CompressedBatch> {
  const batch = Batch.seal(lines, compression)
  await batch.compress(compression)
  return batch as CompressedBatch
}

// Hashing this much takes as long as asking another thread to do it (0.1 ms).
const HASHED_HERE_BYTES = 64 * 1024

async function digestOf(body: Buffer): Promise<string> {
  if (body.length <= HASHED_HERE_BYTES) return createHash('sha256').update(body).digest('hex')
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', body)).toString('hex')
}

// What a batch costs besides its bytes: a bound in bytes must also hold for many small batches.
const OVERHEAD_BYTES = 512
