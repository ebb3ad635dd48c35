import { setMaxListeners } from 'node:events'

/** Lets callers wait until things have left a set. A waiter ends when the last of its things has gone, or when it gives up. */
export class Departures<Thing> {
  readonly #waiters = new Set<{ left: Set<Thing>; resolve: () => void }>()

  /** Resolves when all of them have gone, or when the signal aborts because nobody waits any more. */
  whenGone(things: Iterable<Thing>, signal: AbortSignal): Promise<void> {
    const left = new Set(things)
    if (left.size === 0 || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const giveUp = () => this.#end(waiter)
      const waiter = {
        left,
        resolve: () => {
          signal.removeEventListener('abort', giveUp)
          resolve()
        },
      }
      this.#waiters.add(waiter)
      setMaxListeners(0, signal) // each destination and each divided batch adds a listener
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  /** To be called when a thing has left. Its waiters now wait for `heirs` in its place. */
  gone(thing: Thing, heirs: readonly Thing[] = []): void {
    for (const waiter of this.#waiters) {
      if (!waiter.left.delete(thing)) continue
      for (const heir of heirs) waiter.left.add(heir)
      if (waiter.left.size === 0) this.#end(waiter)
    }
  }

  #end(waiter: { left: Set<Thing>; resolve: () => void }): void {
    this.#waiters.delete(waiter)
    waiter.resolve()
  }
}
