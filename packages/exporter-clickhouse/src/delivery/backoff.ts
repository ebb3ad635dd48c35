import type { RetryConfig } from '../config/config.js'

/**
 * Milliseconds to wait after the n-th failure in a row (1, 2, …). The jitter comes after the cap:
 * before it, every client that has reached the cap would wait exactly the same time.
 */
export function backoffMs(
  failures: number,
  { initialDelayMs, multiplier, maxDelayMs }: RetryConfig,
  random: () => number = Math.random,
): number {
  // 0 ms times infinity would be no number.
  const delay = Math.min(initialDelayMs * multiplier ** Math.min(failures - 1, 64), maxDelayMs)
  return delay * (0.5 + random() / 2)
}
