/** Removes items in the background, one after the other. Items that could not be removed wait for `retry()`. */
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
  let isRunning = false

  const run = async (): Promise<void> => {
    isRunning = true
    for (const item of waiting) {
      waiting.delete(item)
      await remove(item).catch(() => failed.add(item))
    }
    isRunning = false
  }
  const start = (): void => {
    if (!isRunning && waiting.size > 0) track(run())
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
