import { AsyncResource } from 'node:async_hooks'
import { constants, createGzip, type Gzip, type ZlibReset } from 'node:zlib'

// Rows hold many ids. Short matches within ids cost more bits than they save, and this strategy ignores them (from level 4 on):
// 4 to 6 % fewer bytes (`node bench/studies/levels.mjs`).
const OPTIONS = {
  strategy: constants.Z_FILTERED,
  memLevel: constants.Z_MAX_MEMLEVEL,
  flush: constants.Z_FINISH, // each write makes a whole member
  chunkSize: 1024 * 1024, // a member seldom has more, and each chunk costs the main thread a callback
}

const MOST_IDLE = 2

interface Compressor {
  readonly level: number
  readonly stream: Gzip & ZlibReset
  /** What it has made of the present input. */
  readonly chunks: Buffer[]
}

// A compressor is used again: a new one costs the main thread as much as thirty rows, and a quarter of a megabyte of fresh memory.
const idle: Compressor[] = []

// It would keep alive what the application's AsyncLocalStorages hold where it is made: the request that was being served, for example.
const outside = new AsyncResource('SPANHOUSE_CONTEXT', { requireManualDestroy: true })

/** One gzip member, made on another thread. The result has memory of its own. */
export async function gzip(input: Buffer, level: number): Promise<Buffer> {
  const compressor = takeIdle(level) ?? newCompressor(level)
  const { stream, chunks } = compressor
  try {
    await new Promise<void>((resolve, reject) => {
      stream.once('error', reject)
      stream.write(input, () => {
        stream.off('error', reject)
        resolve()
      })
    })
  } catch (error) {
    stream.destroy()
    throw error
  }
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  const member = Buffer.allocUnsafeSlow(length)
  let at = 0
  for (const chunk of chunks) at += chunk.copy(member, at)
  chunks.length = 0
  stream.reset()
  if (idle.length < MOST_IDLE) idle.push(compressor)
  else stream.destroy()
  return member
}

function takeIdle(level: number): Compressor | undefined {
  const index = idle.findIndex((one) => one.level === level)
  return index < 0 ? undefined : idle.splice(index, 1)[0]
}

function newCompressor(level: number): Compressor {
  const chunks: Buffer[] = []
  const stream = outside.runInAsyncScope(() => createGzip({ ...OPTIONS, level })) as Gzip &
    ZlibReset
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return { level, stream, chunks }
}
