import type { Reader } from '../clickhouse/reader.js'
import type { Context } from './command.js'

/** Runs what only the user ends, with an open reader. Ctrl-C is its ordinary end, at any time: the exit code is 0. */
export async function untilEnded<Open extends { readonly reader: Pick<Reader, 'close'> }>(
  { signal }: Context,
  opening: () => Promise<Open>,
  work: (open: Open) => Promise<void>,
): Promise<number> {
  try {
    const open = await opening()
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
