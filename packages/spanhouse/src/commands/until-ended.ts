import { type OpenReader, openReaderFor } from '../config/connect.js'
import type { Context } from './command.js'

/** Runs what only the user ends, with an open reader. Ctrl-C is its ordinary end, at any time: the exit code is 0. */
export async function untilEnded(
  context: Context,
  work: (open: OpenReader) => Promise<void>,
): Promise<number> {
  const { signal } = context
  try {
    const open = await openReaderFor(context)
    try {
      await work(open)
    } finally {
      await open.reader.close()
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return 0
}
