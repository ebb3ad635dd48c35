import { promisify } from 'node:util'
import {
  type BrotliCompress,
  brotliDecompress,
  constants,
  createBrotliCompress,
  createGzip,
  type Gzip,
  gunzip,
} from 'node:zlib'
import type { Compression } from '../config/config.js'

type Codec = Compression['codec']

const gunzipAsync = promisify(gunzip)
const unbrotliAsync = promisify(brotliDecompress)

// Rows hold many ids. Short matches within ids cost more bits than they save, and this strategy ignores them (from level 4 on):
// 4 to 6 % fewer bytes (`node bench/studies/levels.mjs`).
const GZIP = {
  strategy: constants.Z_FILTERED,
  memLevel: constants.Z_MAX_MEMLEVEL,
  flush: constants.Z_FINISH,
}

// The output is about a tenth of the input. One chunk for all of it saves the main thread a callback every 16 KiB.
const LIKELY_RATIO = 8

/**
 * Compresses on another thread. With codec `none` the result is `raw` itself. Each batch has a new compressor. Using one again, after `reset()`,
 * would save a third of the CPU time, but it sometimes makes other bytes of the same rows: a repeated batch would get another deduplication token.
 */
export async function compress(raw: Buffer, codec: Codec, level: number): Promise<Buffer> {
  const chunkSize = Math.max(Math.ceil(raw.length / LIKELY_RATIO), constants.Z_DEFAULT_CHUNK)
  switch (codec) {
    case 'gzip':
      return exact(await allOf(createGzip({ ...GZIP, level, chunkSize }), raw))
    case 'br':
      return exact(
        await allOf(
          createBrotliCompress({
            chunkSize,
            flush: constants.BROTLI_OPERATION_FINISH,
            params: {
              [constants.BROTLI_PARAM_QUALITY]: level,
              [constants.BROTLI_PARAM_SIZE_HINT]: raw.length,
            },
          }),
          raw,
        ),
      )
    case 'none':
      return exact(raw)
  }
}

/**
 * What a compressor makes of one write that also finishes its output. Node's `gzip()` and `brotliCompress()` make the same bytes, but they
 * ask the other thread a second time, only to end the stream: a third of what the main thread pays for a small batch.
 */
async function allOf(compressor: Gzip | BrotliCompress, raw: Buffer): Promise<Buffer> {
  const chunks: Buffer[] = []
  compressor.on('data', (chunk: Buffer) => chunks.push(chunk))
  await new Promise<void>((resolve, reject) => {
    compressor.on('error', reject)
    compressor.write(raw, (error) => {
      if (!error) resolve() // 'error' has it, too
    })
  })
  while (compressor.read() !== null); // what has not been emitted yet
  compressor.close() // not in the callback of the write: the stream would make an error with a stack for it
  const [first] = chunks
  return chunks.length === 1 && first ? first : Buffer.concat(chunks)
}

export async function decompress(body: Buffer, codec: Codec): Promise<Buffer> {
  switch (codec) {
    case 'gzip':
      return gunzipAsync(body)
    case 'br':
      return unbrotliAsync(body)
    case 'none':
      return body
  }
}

/** zlib's result is a view of all the memory that it set aside. A batch may wait long, so it keeps only the bytes that it needs. */
function exact(bytes: Buffer): Buffer {
  if (bytes.buffer.byteLength === bytes.length) return bytes
  const own = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(own)
  return own
}
