const starts = new Set<{ readonly atMs: number }>()

/** A request begins to wait; what is returned ends it. */
export function beginWaiting(): () => void {
  const start = { atMs: performance.now() }
  starts.add(start)
  return () => void starts.delete(start)
}

/** How long the oldest request has been waiting for its answer. */
export function waitingMs(): number {
  const [oldest] = starts
  return oldest ? performance.now() - oldest.atMs : 0
}
