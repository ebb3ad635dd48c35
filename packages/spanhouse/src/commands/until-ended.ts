import type { OpenReader } from '../config/connect.js'
import type { Context } from './command.js'
import { openToRead } from './reading.js'

/** Runs what only the user ends, with an open reader. Ctrl-C is its ordinary end, at any time: the exit code is 0. With `waits`, the first span is waited for. */
export async function untilEnded(
  context: Context,
  work: (open: OpenReader) => Promise<void>,
  options: Parameters<typeof openToRead>[1] = {},
): Promise<number> {
  const { signal } = context
  try {
    const open = await openToRead(context, options)
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
