import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants, gunzip, gzip } from 'node:zlib'
import type { Compression } from '../config/config.js'

type Codec = Compression['codec']

const gzipAsync = promisify(gzip)
const gunzipAsync = promisify(gunzip)
const brotliAsync = promisify(brotliCompress)
const unbrotliAsync = promisify(brotliDecompress)

// Rows hold many ids. Short matches within ids cost more bits than they save, and this strategy ignores them (from level 4 on):
// 4 to 6 % fewer bytes (`node bench/studies/levels.mjs`).
const GZIP = { strategy: constants.Z_FILTERED, memLevel: constants.Z_MAX_MEMLEVEL }

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
      return exact(await gzipAsync(raw, { ...GZIP, level, chunkSize }))
    case 'br':
      return exact(
        await brotliAsync(raw, {
          chunkSize,
          params: {
            [constants.BROTLI_PARAM_QUALITY]: level,
            [constants.BROTLI_PARAM_SIZE_HINT]: raw.length,
          },
        }),
      )
    case 'none':
      return exact(raw)
  }
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
