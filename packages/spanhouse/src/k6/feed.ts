import { open } from 'node:fs/promises'
import { pipeline, type Readable } from 'node:stream'
import { constants, createGunzip } from 'node:zlib'
import type { Intake } from './intake.js'

const GZIP = 0x1f8b

/**
 * Gives a stream to the intake, waiting for room after each chunk. Resolves at its end, or when the signal aborts; rejects if it cannot be
 * read.
 */
export async function feed(
  input: NodeJS.ReadableStream,
  intake: Pick<Intake, 'take' | 'end'>,
  room: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const stop = () => (input as Readable).destroy()
  signal.addEventListener('abort', stop, { once: true })
  try {
    for await (const chunk of input) {
      if (signal.aborted) break
      intake.take(chunk as Buffer)
      await room()
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', stop)
    intake.end()
  }
}

/** The bytes of a file, inflated if they are gzip, also if the file ends before gzip does, as after a crash. Rejects if it cannot be opened. */
export async function openFile(path: string): Promise<Readable> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
    const stream = file.createReadStream({ start: 0 })
    if (bytesRead < 2 || buffer.readUInt16BE() !== GZIP) return stream
    // Whoever reads the inflated bytes gets the error.
    return pipeline(stream, createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }), () => {})
  } catch (error) {
    await file.close()
    throw error
  }
}
