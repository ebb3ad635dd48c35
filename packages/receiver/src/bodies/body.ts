import { createHash, type Hash } from 'node:crypto'
import { Refusal } from '../answers/refusal.js'
import type { Budget } from './budget.js'

/** The body of a request, inflated. */
export interface Body {
  readonly bytes: Buffer
  /** SHA-256 of the bytes, in hex. */
  readonly digest: string
  /** Call it when the bytes are not needed any more: then whoever has the body does not keep them in memory. */
  release(): void
}

export interface BodyLimits {
  /** Of the body, before and after it is inflated. */
  readonly maxBytes: number
  /** Memory for the bodies of all requests. */
  readonly budget: Budget
  /** Aborted when nobody waits for room any more. */
  readonly patience: AbortSignal
}

// Reserved for a body of unknown length: most are shorter.
const UNKNOWN_BYTES = 256 * 1024
const NONE: Buffer = Buffer.alloc(0)

/** Collects a body. Throws a Refusal if it is too large, or if there is no room for it. */
export async function collect(
  chunks: AsyncIterable<Buffer>,
  { maxBytes, budget, patience }: BodyLimits,
  expectedBytes: number = UNKNOWN_BYTES,
): Promise<Body> {
  let reserved = Math.min(expectedBytes, maxBytes)
  if (!(await budget.reserve(reserved, patience)))
    throw new Refusal('busy', 'Too many bytes of requests are in progress: repeat this one later.')
  let bytes: Buffer = NONE
  const release = () => {
    budget.release(reserved)
    reserved = 0
    bytes = NONE
  }
  try {
    const parts: Buffer[] = []
    const hash: Hash = createHash('sha256')
    let length = 0
    for await (const chunk of chunks) {
      length += chunk.length
      if (length > maxBytes) throw tooLarge(maxBytes)
      if (length > reserved) {
        const more = Math.min(Math.max(length, 2 * reserved), maxBytes) - reserved
        if (!budget.extend(more))
          throw new Refusal('busy', 'Too many bytes of requests are in progress: repeat later.')
        reserved += more
      }
      hash.update(chunk)
      parts.push(chunk)
    }
    const [only] = parts
    bytes = parts.length === 1 && only ? only : Buffer.concat(parts, length)
    return {
      get bytes() {
        return bytes
      },
      digest: hash.digest('hex'),
      release,
    }
  } catch (error) {
    release()
    throw error
  }
}

export function tooLarge(maxBytes: number): Refusal {
  return new Refusal(
    'too_large',
    `The body is longer than ${maxBytes} bytes: send fewer records in a request, or raise the receiver's limit.`,
  )
}
