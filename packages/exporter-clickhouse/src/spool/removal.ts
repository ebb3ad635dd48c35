import { CALLS_AT_ONCE } from './disk.js'

/** Removes items in the background, a few at a time. Items that could not be removed wait for `retry()`. */
export interface Removal<T> {
  add(item: T): void
  retry(): void
}

export function newRemoval<T>(
  remove: (item: T) => Promise<void>,
  track: (work: Promise<void>) => void,
): Removal<T> {
  const waiting = new Set<T>()
  const failed = new Set<T>()
  let running = 0

  const run = async (): Promise<void> => {
    for (const item of waiting) {
      waiting.delete(item)
      await remove(item).catch(() => failed.add(item))
    }
    running--
  }
  const start = (): void => {
    while (running < CALLS_AT_ONCE && waiting.size > 0) {
      running++
      track(run())
    }
  }
  return {
    add(item) {
      waiting.add(item)
      start()
    },
    retry() {
      for (const item of failed) waiting.add(item)
      failed.clear()
      start()
    },
  }
}
