import type { Readable } from 'node:stream'
import { createGunzip, createInflate } from 'node:zlib'
import { Refusal } from '../answers/refusal.js'

export type Encoding = 'identity' | 'gzip' | 'deflate'

const CHUNK_BYTES = 64 * 1024

/** The encoding that a header names. Throws a Refusal. */
export function encodingOf(header: string | undefined): Encoding {
  const name = (header ?? 'identity').trim().toLowerCase()
  if (name === 'identity' || name === '') return 'identity'
  if (name === 'gzip' || name === 'x-gzip') return 'gzip'
  if (name === 'deflate') return 'deflate'
  throw new Refusal('unknown_encoding', 'The body must be encoded with gzip, deflate or identity.')
}

/** The bytes of the source, inflated chunk by chunk. The source is not destroyed, so that a request can still be answered. */
export async function* inflated(source: Readable, encoding: Encoding): AsyncGenerator<Buffer> {
  if (encoding === 'identity') {
    yield* source.iterator({ destroyOnReturn: false })
    return
  }
  const options = { chunkSize: CHUNK_BYTES }
  const inflating = encoding === 'gzip' ? createGunzip(options) : createInflate(options)
  // pipe() passes on neither an error nor an early end. A source that was destroyed before emits neither any more: its pipe would wait for ever.
  const fail = (error: Error) => inflating.destroy(error)
  const gone = () => fail(new Error('the client has gone'))
  const close = () => source.readableEnded || gone()
  source.once('error', fail).once('close', close)
  if (source.destroyed) gone()
  else source.pipe(inflating)
  try {
    yield* inflating
  } catch (error) {
    if (!(error as NodeJS.ErrnoException).code?.startsWith('Z_')) throw error
    throw new Refusal('malformed', `The body is not ${encoding}, or is cut off.`)
  } finally {
    source.off('error', fail).off('close', close)
    source.unpipe(inflating)
    inflating.destroy()
  }
}
