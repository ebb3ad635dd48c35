import { startDeadline } from '#exporter'

// After a slow upload, the rows still get this much time to be stored.
const LEAST_MS = 1000

/** How long a client waits for the answer to one request. */
export interface Patience {
  /** Aborted when it is over. */
  readonly signal: AbortSignal
  leftMs(): number
  end(): void
}

export function patienceOf(ms: number): Patience {
  const over = new AbortController()
  const startedAt = performance.now()
  const cancel = startDeadline(ms, () => over.abort(), { ref: false })
  return {
    signal: over.signal,
    leftMs: () => Math.max(Math.min(ms, LEAST_MS), ms - (performance.now() - startedAt)),
    end: cancel,
  }
}
