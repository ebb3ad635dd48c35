import { brotliDecompressSync, constants, unzipSync } from 'node:zlib'

export const KEPT_REPLY_BYTES: number = 64 * 1024

/** The first 64 KiB of a reply as text. Some proxies compress replies although the request does not ask for it. */
export function textOf(chunks: readonly Buffer[], encoding: string | undefined): string {
  const bytes = Buffer.concat(chunks).subarray(0, KEPT_REPLY_BYTES)
  const maxOutputLength = KEPT_REPLY_BYTES
  try {
    switch (encoding?.trim().toLowerCase()) {
      case 'gzip':
      case 'x-gzip':
      case 'deflate':
        return unzipSync(bytes, {
          maxOutputLength,
          finishFlush: constants.Z_SYNC_FLUSH, // the end may be cut off
        }).toString()
      case 'br':
        return brotliDecompressSync(bytes, {
          maxOutputLength,
          finishFlush: constants.BROTLI_OPERATION_FLUSH,
        }).toString()
      default:
        return bytes.toString()
    }
  } catch {
    return bytes.toString()
  }
}
