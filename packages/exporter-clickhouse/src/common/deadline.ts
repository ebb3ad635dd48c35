import { clock, turn } from './clock.js'

// With a longer delay, setTimeout fires at once.
export const MAX_TIMER_MS: number = 2 ** 31 - 1

// A deadline is divided into parts, and a stall of the process costs it at most one of them.
const MAX_PARTS = 8
const MIN_PART_MS = 100

/**
 * Calls `expire` when the process has run for `ms`, unless the returned function is called first. Time in which the event loop
 * was blocked (a long computation, SIGSTOP, a frozen container) does not count in full: servers and disks may have answered
 * meanwhile, and those answers are still unread. So the time is divided into parts, and everything that has arrived is read before
 * `expire` is called. Unless `ref` is false, the timer keeps the process alive, because somebody waits for it.
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
 * Resolves with the result of `work`, or with undefined at the deadline. Then, too, the signal is aborted.
 * Unless `ref` is false, the timer keeps the process alive, because somebody waits for it.
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

/** Like `valueWithin()`, but resolves with true if `work` ends in time and with false at the deadline. */
export async function within(
  ms: number,
  work: (signal: AbortSignal) => Promise<unknown>,
  options: { ref?: boolean } = {},
): Promise<boolean> {
  return (await valueWithin(ms, (signal) => work(signal).then(() => true), options)) ?? false
}
