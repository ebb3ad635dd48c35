// setTimeout fires at once when asked for more.
export const MAX_TIMER_MS: number = 2 ** 31 - 1

/**
 * Resolves with true when `work` ended in time, with false at the deadline, when its signal is aborted too.
 * Unless `ref` is false its timer holds the process open: somebody waits.
 */
export async function within(
  ms: number,
  work: (signal: AbortSignal) => Promise<unknown>,
  { ref = true }: { ref?: boolean } = {},
): Promise<boolean> {
  const aborter = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, Math.min(ms, MAX_TIMER_MS), false)
    if (!ref) timer.unref()
  })
  try {
    return await Promise.race([work(aborter.signal).then(() => true as const), late])
  } finally {
    clearTimeout(timer)
    aborter.abort()
  }
}
