import { clock, turn } from './clock.js'

// setTimeout fires at once when asked for more.
export const MAX_TIMER_MS: number = 2 ** 31 - 1

// A stall costs a deadline at most one part of its time.
const MAX_PARTS = 8
const MIN_PART_MS = 100

/**
 * Calls `expire` when the process has run for so long, unless what it returns is called before. Time in which the event loop
 * stood still (a long computation, SIGSTOP, a frozen container) does not count in full: servers and disks have answered
 * meanwhile, and nobody has read it. So the time passes in parts, and before the end comes what has arrived is read.
 * Unless `ref` is false its timer holds the process open: somebody waits.
 */
export function startDeadline(
  ms: number,
  expire: () => void,
  { ref = true }: { ref?: boolean } = {},
): () => void {
  const parts = Math.max(1, Math.min(MAX_PARTS, Math.floor(ms / MIN_PART_MS)))
  const partMs = Math.min(ms, MAX_TIMER_MS) / parts
  let passed = 0
  let cancelled = false
  let timer: NodeJS.Timeout | undefined
  const next = (): void => {
    if (passed === parts) {
      void turn()
        .then(turn)
        .then(() => {
          if (!cancelled) expire()
        })
      return
    }
    passed++
    timer = clock.setTimeout(next, partMs)
    if (!ref) timer.unref()
  }
  next()
  return () => {
    cancelled = true
    clock.clearTimeout(timer)
  }
}

/**
 * Resolves with what `work` came to, or with undefined at the deadline, when its signal is aborted too.
 * Unless `ref` is false its timer holds the process open: somebody waits.
 */
export async function valueWithin<T>(
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
  { ref = true }: { ref?: boolean } = {},
): Promise<T | undefined> {
  const aborter = new AbortController()
  let cancel = () => {}
  const late = new Promise<undefined>((resolve) => {
    cancel = startDeadline(ms, () => resolve(undefined), { ref })
  })
  try {
    return await Promise.race([work(aborter.signal), late])
  } finally {
    cancel()
    aborter.abort()
  }
}

/** Resolves with true when `work` ended in time, with false at the deadline; otherwise as `valueWithin()`. */
export async function within(
  ms: number,
  work: (signal: AbortSignal) => Promise<unknown>,
  options: { ref?: boolean } = {},
): Promise<boolean> {
  return (await valueWithin(ms, (signal) => work(signal).then(() => true), options)) ?? false
}
