/** Something that happens again and again, and that callers can wait for. It costs nothing while nobody waits. */
export class Occasion {
  #waiting: Set<() => void> | undefined

  /** Resolves when it happens next, or when the signal aborts because nobody waits any more. */
  next(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    const waiting = this.#waiting ?? new Set()
    this.#waiting = waiting
    return new Promise((resolve) => {
      const end = () => {
        waiting.delete(end)
        signal.removeEventListener('abort', end)
        resolve()
      }
      waiting.add(end)
      signal.addEventListener('abort', end, { once: true })
    })
  }

  happened(): void {
    const waiting = this.#waiting
    if (!waiting) return
    this.#waiting = undefined
    for (const end of waiting) end()
  }
}
