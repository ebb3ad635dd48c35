/** Lets a number of tasks work at the same time; the others wait for their turn. */
export interface Turns {
  /** Rejects with a `NoTurn` if too many wait already, or with the signal's reason. */
  take<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>
}

export class NoTurn extends Error {
  override name = 'NoTurn'
}

export function newTurns(atOnce: number, waiting: number): Turns {
  let running = 0
  const queue: (() => void)[] = []
  const next = () => {
    running--
    queue.shift()?.()
  }
  const turn = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const start = () => {
        signal.removeEventListener('abort', leave)
        running++
        resolve()
      }
      const leave = () => {
        queue.splice(queue.indexOf(start), 1)
        reject(signal.reason)
      }
      if (running < atOnce) return start()
      signal.addEventListener('abort', leave, { once: true })
      queue.push(start)
    })
  return {
    async take(signal, work) {
      signal.throwIfAborted()
      if (running >= atOnce && queue.length >= waiting) throw new NoTurn('Too many queries wait.')
      await turn(signal)
      try {
        return await work()
      } finally {
        next()
      }
    },
  }
}
