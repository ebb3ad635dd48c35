/** Work that nobody waits for until the spool is closed. */
export interface Background {
  track(work: Promise<unknown>): void
  /** Resolves when all tracked work has ended, including what was added meanwhile. */
  idle(): Promise<void>
}

export function newBackground(failed: (error: unknown) => void): Background {
  const underWay = new Set<Promise<unknown>>()
  return {
    track(work) {
      const ended = work.then(
        () => {
          underWay.delete(ended)
        },
        (error) => {
          underWay.delete(ended)
          failed(error)
        },
      )
      underWay.add(ended)
    },
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}
