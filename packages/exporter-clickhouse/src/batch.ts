import { webcrypto } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, gunzip, gzip } from 'node:zlib'
import type { Compression } from './config.js'

/**
 * A sealed batch: rows that stay together, byte for byte, on every attempt and for every destination.
 * It is sealed before it is pressed, so that it has its place in the queues while the compression
 * runs on another thread.
 */
export class Batch {
  readonly rows: number
  readonly rawBytes: number
  readonly codec: Compression['codec']
  readonly #compression: Compression
  #raw: Buffer | undefined
  #pressed: Pressed | undefined

  /** Each line is one row, without its newline. */
  constructor(lines: readonly string[], compression: Compression) {
    this.#raw = Buffer.from(`${lines.join('\n')}\n`)
    this.#compression = compression
    this.rows = lines.length
    this.rawBytes = this.#raw.length
    this.codec = this.rawBytes >= compression.thresholdBytes ? compression.codec : 'none'
  }

  /** Bytes of memory it holds at this moment. */
  get heldBytes(): number {
    return OVERHEAD_BYTES + ((this.#pressed?.body ?? this.#raw)?.length ?? 0)
  }

  /** Undefined until `press()` has resolved. */
  get pressed(): Pressed | undefined {
    return this.#pressed
  }

  /** Hashes and compresses on other threads. To be called once. */
  async press(): Promise<void> {
    const raw = this.#raw
    if (!raw) return
    const { level } = this.#compression
    // One output chunk the size of the input spares the main thread a callback every 16 KiB.
    const chunkSize = Math.min(Math.max(raw.length, constants.Z_MIN_CHUNK), 1024 * 1024)
    const [digest, body] = await Promise.all([
      webcrypto.subtle.digest('SHA-256', raw),
      this.codec === 'gzip' ? gzipAsync(raw, { level, chunkSize }) : raw,
    ])
    this.#pressed = { digest: Buffer.from(digest).toString('hex'), body }
    this.#raw = undefined
  }

  /** Sealed batches of its rows, cut before the rows of these numbers. */
  async cutAt(...rows: readonly number[]): Promise<Batch[]> {
    const bytes = this.#pressed?.body ?? Buffer.alloc(0)
    const raw = this.codec === 'gzip' ? await gunzipAsync(bytes) : bytes
    const lines = raw.toString().split('\n').slice(0, -1) // JSON text holds no newline of its own
    const edges = [0, ...rows, lines.length]
    return edges
      .slice(1)
      .map((end, index) => lines.slice(edges[index], end))
      .filter((part) => part.length > 0)
      .map((part) => new Batch(part, this.#compression))
  }
}

export interface Pressed {
  /** SHA-256 of the uncompressed bytes, in hex: gzip's output may differ between zlib versions. */
  readonly digest: string
  readonly body: Buffer
}

export type PressedBatch = Batch & { readonly pressed: Pressed }

export function isPressed(batch: Batch): batch is PressedBatch {
  return batch.pressed !== undefined
}

// What a batch costs beside its bytes: many small ones must not escape a bound in bytes.
const OVERHEAD_BYTES = 512

const gzipAsync = promisify(gzip)
const gunzipAsync = promisify(gunzip)

/** Presses batches in order, at most two at a time: the application needs the thread pool too. */
export function pressQueue(): (batch: Batch) => Promise<void> {
  const lanes = [Promise.resolve(), Promise.resolve()]
  let turn = 0
  return (batch) => {
    const lane = turn++ % lanes.length
    const pressed = (lanes[lane] ?? Promise.resolve()).then(() => batch.press())
    lanes[lane] = pressed.catch(() => {})
    return pressed
  }
}
