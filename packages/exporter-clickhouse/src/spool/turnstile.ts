/** Lets a limited number through at a time, in order. */
export interface Turnstile {
  /** How many are in or before it. */
  readonly size: number
  run<T>(task: () => Promise<T>): Promise<T>
}

export function newTurnstile(width: number): Turnstile {
  const waiting: (() => void)[] = []
  let inside = 0
  return {
    get size() {
      return inside + waiting.length
    },
    async run(task) {
      // The one that leaves hands its place over directly, so that no other can slip in between.
      if (inside >= width) await new Promise<void>((resolve) => waiting.push(resolve))
      else inside++
      try {
        return await task()
      } finally {
        const next = waiting.shift()
        if (next) next()
        else inside--
      }
    },
  }
}
