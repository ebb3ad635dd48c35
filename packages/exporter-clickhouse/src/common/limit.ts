/** Runs at most a fixed number of tasks at a time, and starts them in the order of the calls. */
export interface Limit {
  /** How many tasks are running or waiting. */
  readonly size: number
  run<T>(task: () => Promise<T>): Promise<T>
  /** If the signal aborts before the task's turn, lets go of the task and resolves with undefined. */
  run<T>(task: () => Promise<T>, patience: AbortSignal): Promise<T | undefined>
}

export function newLimit(concurrency: number): Limit {
  const waiting = new Set<() => void>()
  let running = 0

  /** Resolves with true when it is a task's turn, or with false when the signal aborts before. */
  function turn(patience: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (isTurn: boolean) => {
        waiting.delete(start)
        patience?.removeEventListener('abort', leave)
        resolve(isTurn)
      }
      const start = () => end(true)
      const leave = () => end(false)
      waiting.add(start)
      if (patience?.aborted) leave()
      else patience?.addEventListener('abort', leave)
    })
  }

  function run<T>(task: () => Promise<T>): Promise<T>
  function run<T>(task: () => Promise<T>, patience: AbortSignal): Promise<T | undefined>
  async function run<T>(task: () => Promise<T>, patience?: AbortSignal): Promise<T | undefined> {
    if (running < concurrency) running++
    else if (!(await turn(patience))) return undefined
    try {
      return await task()
    } finally {
      // A task that ends hands its place to the next one directly, so that no other can take it in between.
      const [next] = waiting
      if (next) next()
      else running--
    }
  }

  return {
    get size() {
      return running + waiting.size
    },
    run,
  }
}
