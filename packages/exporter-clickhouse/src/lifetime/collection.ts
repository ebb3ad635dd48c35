import { AsyncLocalStorage } from 'node:async_hooks'

type Mark = AsyncLocalStorage<true>

// Shared by every version of this package that the process has loaded: a meter provider may export to several of them.
const KEY = Symbol.for('spanhouse.exporter-clickhouse.collections')

/** Marks what `collect` calls, until it has ended. */
export async function asCollection(collect: () => Promise<unknown>): Promise<void> {
  // One for each collection: what an earlier one left behind, such as a timer, is no part of the next.
  const mark: Mark = new AsyncLocalStorage()
  const marks = marksOf()
  marks.add(mark)
  try {
    await mark.run(true, collect)
  } finally {
    marks.delete(mark)
    mark.disable() // in Node 20, each promise of the process costs twice as much until then
  }
}

/** Whether a collection that is under way has caused this call. */
export function isOfCollection(): boolean {
  for (const mark of marksOf()) if (mark.getStore()) return true
  return false
}

function marksOf(): Set<Mark> {
  const shared = globalThis as { [KEY]?: Set<Mark> }
  shared[KEY] ??= new Set()
  return shared[KEY]
}
