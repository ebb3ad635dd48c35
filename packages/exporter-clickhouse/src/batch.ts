import { webcrypto } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, gunzip, gzip } from 'node:zlib'
import type { Compression } from './config.js'

/** What is sent: made once, the same for every attempt and destination. */
export interface Pressed {
  /** SHA-256 of the uncompressed bytes, in hex: gzip's output may differ between zlib versions. */
  readonly digest: string
  readonly body: Buffer
}

export type PressedBatch = Batch & { readonly pressed: Pressed }

/** Rows that stay together, byte for byte. */
export interface BatchShape {
  readonly rows: number
  readonly rawBytes: number
  readonly codec: Compression['codec']
}

/**
 * A sealed batch. It is sealed before it is pressed, so that it has its place in the queues while
 * the compression runs on another thread.
 */
export class Batch implements BatchShape {
  readonly rows: number
  readonly rawBytes: number
  readonly codec: Compression['codec']
  #raw: Buffer | undefined
  #pressed: Pressed | undefined

  private constructor({ rows, rawBytes, codec }: BatchShape, raw?: Buffer, pressed?: Pressed) {
    this.rows = rows
    this.rawBytes = rawBytes
    this.codec = codec
    this.#raw = raw
    this.#pressed = pressed
  }

  /** Each line is one row, without its newline. */
  static seal(lines: readonly string[], { codec, thresholdBytes }: Compression): Batch {
    const raw = Buffer.from(`${lines.join('\n')}\n`)
    const rawBytes = raw.length
    return new Batch(
      { rows: lines.length, rawBytes, codec: rawBytes >= thresholdBytes ? codec : 'none' },
      raw,
    )
  }

  /** A batch as it was before it went to disk. */
  static restore(shape: BatchShape, pressed: Pressed): Batch {
    return new Batch(shape, undefined, pressed)
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
  async press({ level }: Compression): Promise<void> {
    const raw = this.#raw
    if (!raw) return
    // One output chunk the size of the input spares the main thread a callback every 16 KiB.
    const chunkSize = Math.min(Math.max(raw.length, constants.Z_MIN_CHUNK), 1024 * 1024)
    const [digest, body] = await Promise.all([
      webcrypto.subtle.digest('SHA-256', raw),
      this.codec === 'gzip' ? gzipAsync(raw, { level, chunkSize }) : raw,
    ])
    this.#pressed = { digest: Buffer.from(digest).toString('hex'), body: exact(body) }
    this.#raw = undefined
  }

  /** Its rows as lines, without their newlines. */
  async lines(): Promise<string[]> {
    const body = this.#pressed?.body ?? this.#raw ?? Buffer.alloc(0)
    const raw = this.#pressed && this.codec === 'gzip' ? await gunzipAsync(body) : body
    return raw.toString().split('\n').slice(0, -1) // JSON text holds no newline of its own
  }
}

export function isPressed(batch: Batch): batch is PressedBatch {
  return batch.pressed !== undefined
}

/** The same rows in two sealed and pressed batches: those from row `from` up to `to`, and the others. */
export async function divide(
  batch: Batch,
  { from, to }: { from: number; to: number },
  compression: Compression,
): Promise<PressedBatch[]> {
  const lines = await batch.lines()
  const parts = [lines.slice(from, to), [...lines.slice(0, from), ...lines.slice(to)]]
    .filter((part) => part.length > 0)
    .map((part) => Batch.seal(part, compression))
  await Promise.all(parts.map((part) => part.press(compression)))
  return parts.filter(isPressed)
}

/** A batch may wait for long: zlib's result is a window into all the memory that was set aside for it. */
function exact(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength === bytes.length) return bytes
  const own = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(own)
  return own
}

// What a batch costs beside its bytes: many small ones must not escape a bound in bytes.
const OVERHEAD_BYTES = 512

const gzipAsync = promisify(gzip)
const gunzipAsync = promisify(gunzip)

/** Presses batches in order, at most two at a time: the application needs the thread pool too. */
export function pressQueue(): (batch: Batch, compression: Compression) => Promise<void> {
  const lanes = [Promise.resolve(), Promise.resolve()]
  let turn = 0
  return (batch, compression) => {
    const lane = turn++ % lanes.length
    const pressed = (lanes[lane] ?? Promise.resolve()).then(() => batch.press(compression))
    lanes[lane] = pressed.catch(() => {})
    return pressed
  }
}
