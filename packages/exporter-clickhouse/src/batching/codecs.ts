import { promisify } from 'node:util'
import { brotliCompress, brotliDecompress, constants, gunzip } from 'node:zlib'
import type { Compression } from '../config/config.js'
import { gzip } from './gzip.js'

type Codec = Compression['codec']

const gunzipAsync = promisify(gunzip)
const brotliAsync = promisify(brotliCompress)
const unbrotliAsync = promisify(brotliDecompress)

// The output is about a tenth of the input. One chunk for all of it saves the main thread a callback every 16 KiB.
const LIKELY_RATIO = 8

/** Compresses on another thread. With codec `none` the result is `raw` itself. */
export async function compress(raw: Buffer, codec: Codec, level: number): Promise<Buffer> {
  switch (codec) {
    case 'gzip':
      return gzip(raw, level)
    case 'br':
      return exact(
        await brotliAsync(raw, {
          chunkSize: Math.max(Math.ceil(raw.length / LIKELY_RATIO), constants.Z_DEFAULT_CHUNK),
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
