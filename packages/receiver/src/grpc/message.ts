import { Readable } from 'node:stream'
import { Refusal } from '../answers/refusal.js'
import { tooLarge } from '../bodies/body.js'
import { type Encoding, inflated } from '../bodies/inflate.js'

/** A flag, which says whether the message is compressed, and its length. */
const PREFIX_BYTES = 5

/** The chunks of the one message that a request consists of, inflated. Frames may divide it anywhere. Throws a Refusal. */
export async function* messageIn(
  frames: AsyncIterable<Buffer>,
  encoding: Encoding,
  maxBytes: number,
): AsyncGenerator<Buffer> {
  const source = frames[Symbol.asyncIterator]()
  let start: Buffer = Buffer.alloc(0)
  while (start.length < PREFIX_BYTES) {
    const { value, done } = await source.next()
    if (done) throw new Refusal('malformed', 'The request has no whole message.')
    start = start.length === 0 ? value : Buffer.concat([start, value])
  }
  const [flag = 0] = start
  const length = start.readUInt32BE(1)
  if (flag > 1) throw new Refusal('malformed', 'The flag of the message is neither 0 nor 1.')
  if (flag === 1 && encoding === 'identity')
    throw new Refusal('malformed', 'The message is compressed, and grpc-encoding does not say how.')
  if (length > maxBytes) throw tooLarge(maxBytes)
  const payload = payloadOf(start.subarray(PREFIX_BYTES), source, length)
  if (flag === 0) yield* payload
  else yield* inflated(Readable.from(payload), encoding)
}

async function* payloadOf(
  start: Buffer,
  source: AsyncIterator<Buffer>,
  length: number,
): AsyncGenerator<Buffer> {
  let left = length
  for (let chunk = start; ; ) {
    left -= chunk.length
    if (left < 0)
      throw new Refusal('malformed', 'A request consists of one message, and more has come.')
    if (chunk.length > 0) yield chunk
    const { value, done } = await source.next()
    if (done) break
    chunk = value
  }
  if (left > 0) throw new Refusal('malformed', 'The message is cut off.')
}
