/** Runs at most a fixed number of tasks at a time, and starts them in the order of the calls. */
export interface Limit {
  /** How many tasks are running or waiting. */
  readonly size: number
  run<T>(task: () => Promise<T>): Promise<T>
}

export function newLimit(concurrency: number): Limit {
  const waiting: (() => void)[] = []
  let running = 0
  return {
    get size() {
      return running + waiting.length
    },
    async run(task) {
      // A task that ends hands its place to the next one directly, so that no other can take it in between.
      if (running >= concurrency) await new Promise<void>((resolve) => waiting.push(resolve))
      else running++
      try {
        return await task()
      } finally {
        const next = waiting.shift()
        if (next) next()
        else running--
      }
    },
  }
}
