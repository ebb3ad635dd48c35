// setTimeout fires at once when asked for more.
export const MAX_TIMER_MS: number = 2 ** 31 - 1

/** Resolves with true when `work` ended in time, with false at the deadline. Its timer holds the process open: somebody waits. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, Math.min(ms, MAX_TIMER_MS), false)
  })
  try {
    return await Promise.race([work.then(() => true as const), late])
  } finally {
    clearTimeout(timer)
  }
}
