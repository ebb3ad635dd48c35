import { webcrypto } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants, gunzip, gzip } from 'node:zlib'
import type { CompactForm } from '@spanhouse/transform/internal'
import type { Compression } from '../config/config.js'

/** Rows as JSONEachRow, each ended with a newline. */
export interface Rows {
  readonly rows: number
  readonly bytes: Buffer
  /** To be called when `bytes` is not read any more: new memory for each batch would keep the garbage collector busy. */
  release?(): void
}

/** What is sent: made once, the same for every attempt and destination. */
export interface Pressed {
  /** SHA-256 of the body, in hex: a tenth of the rows' bytes, and decided with it, once. */
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
  /** What its rows have in common and do not hold themselves. Its inserts are made of it; afterwards they know it. */
  readonly common: CompactForm | undefined
  #raw: Buffer | undefined
  readonly #release: (() => void) | undefined
  #wanted = 0
  #isPressing = false
  #pressed: Pressed | undefined

  private constructor(
    { rows, rawBytes, codec }: BatchShape,
    from: { raw?: Rows; pressed?: Pressed; common?: CompactForm | undefined },
  ) {
    this.rows = rows
    this.rawBytes = rawBytes
    this.codec = codec
    this.common = from.common
    this.#raw = from.raw?.bytes
    this.#release = from.raw?.release
    this.#pressed = from.pressed
  }

  /** Each line is one row, without its newline. */
  static seal(lines: readonly string[], compression: Compression): Batch {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
    return Batch.of({ rows: lines.length, bytes }, compression)
  }

  static of(raw: Rows, { codec, thresholdBytes }: Compression, common?: CompactForm): Batch {
    const rawBytes = raw.bytes.length
    return new Batch(
      { rows: raw.rows, rawBytes, codec: rawBytes >= thresholdBytes ? codec : 'none' },
      { raw, common },
    )
  }

  /** A batch as it was before it went to disk. */
  static restore(shape: BatchShape, pressed: Pressed): Batch {
    return new Batch(shape, { pressed })
  }

  /** Bytes of memory it holds at this moment. */
  get heldBytes(): number {
    const queryBytes = this.common?.query.length ?? 0
    return OVERHEAD_BYTES + queryBytes + ((this.#pressed?.body ?? this.#raw)?.length ?? 0)
  }

  /** Undefined until `press()` has resolved. */
  get pressed(): Pressed | undefined {
    return this.#pressed
  }

  /** One more destination is to have it. */
  want(): void {
    this.#wanted++
  }

  /** A destination has delivered it or given it up. A batch that no destination wants any more is not pressed, and its memory is free at once. */
  unwant(): void {
    if (--this.#wanted > 0 || this.#isPressing || !this.#raw) return
    this.#raw = undefined
    this.#release?.()
  }

  /** Compresses and hashes on other threads, unless nobody wants it any more. To be called once. */
  async press({ level }: Compression): Promise<void> {
    const raw = this.#raw
    if (!raw) return
    this.#isPressing = true
    const body = exact(await compressed(raw, this.codec, level))
    const digest = await webcrypto.subtle.digest('SHA-256', body)
    this.#pressed = { digest: Buffer.from(digest).toString('hex'), body }
    this.#raw = undefined
    if (body.buffer !== raw.buffer) this.#release?.()
  }

  /** Its rows as lines, without their newlines. */
  async lines(): Promise<string[]> {
    const raw =
      this.#raw ?? (await decompressed(this.#pressed?.body ?? Buffer.alloc(0), this.codec))
    return raw.toString().split('\n').slice(0, -1) // JSON text holds no newline of its own
  }
}

export function isPressed(batch: Batch): batch is PressedBatch {
  return batch.pressed !== undefined
}

/** The same rows, each as `rewrite` has it, in a sealed and pressed batch. */
export async function rewritten(
  batch: Batch,
  rewrite: (line: string) => string,
  compression: Compression,
): Promise<PressedBatch> {
  return pressed((await batch.lines()).map(rewrite), compression)
}

/** The same rows in two sealed and pressed batches: those from row `from` up to `to`, and the others. */
export async function divide(
  batch: Batch,
  { from, to }: { from: number; to: number },
  compression: Compression,
): Promise<PressedBatch[]> {
  const lines = await batch.lines()
  const parts = [lines.slice(from, to), [...lines.slice(0, from), ...lines.slice(to)]]
  return Promise.all(
    parts.filter((part) => part.length > 0).map((part) => pressed(part, compression)),
  )
}

/** Seals rows, each a line without its newline, in a batch and presses it. */
export async function pressed(
  lines: readonly string[],
  compression: Compression,
): Promise<PressedBatch> {
  const batch = Batch.seal(lines, compression)
  await batch.press(compression)
  return batch as PressedBatch
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
const brotliAsync = promisify(brotliCompress)
const unbrotliAsync = promisify(brotliDecompress)

// Rows hold many ids: matches of a few characters in them cost more bits than they save, and this strategy leaves them
// (from level 4 on). `node bench/studies/levels.mjs` shows 4 to 6 % fewer bytes.
const GZIP = { strategy: constants.Z_FILTERED, memLevel: constants.Z_MAX_MEMLEVEL }

// One chunk for the whole output, which is a tenth of the input, spares the main thread a callback every 16 KiB.
const LIKELY_RATIO = 8

function compressed(
  raw: Buffer,
  codec: Compression['codec'],
  level: number,
): Buffer | Promise<Buffer> {
  const chunkSize = Math.max(Math.ceil(raw.length / LIKELY_RATIO), constants.Z_DEFAULT_CHUNK)
  switch (codec) {
    case 'gzip':
      return gzipAsync(raw, { ...GZIP, level, chunkSize })
    case 'br':
      return brotliAsync(raw, {
        chunkSize,
        params: {
          [constants.BROTLI_PARAM_QUALITY]: level,
          [constants.BROTLI_PARAM_SIZE_HINT]: raw.length,
        },
      })
    case 'none':
      return raw
  }
}

function decompressed(body: Buffer, codec: Compression['codec']): Buffer | Promise<Buffer> {
  switch (codec) {
    case 'gzip':
      return gunzipAsync(body)
    case 'br':
      return unbrotliAsync(body)
    case 'none':
      return body
  }
}

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
