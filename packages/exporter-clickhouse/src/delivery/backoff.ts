import type { Retry } from '../clickhouse/outcome.js'
import type { RetryConfig } from '../config/config.js'

/**
 * Milliseconds to wait after the n-th failure in a row (1, 2, …). The jitter is applied after the cap: if it came before,
 * every client that has reached the cap would wait exactly the same time.
 */
export function backoffMs(
  failures: number,
  { initialDelayMs, multiplier, maxDelayMs }: RetryConfig,
  random: () => number = Math.random,
): number {
  // The exponent is bounded, because 0 ms times infinity is NaN.
  const delay = Math.min(initialDelayMs * multiplier ** Math.min(failures - 1, 64), maxDelayMs)
  return delay * (0.5 + random() / 2)
}

export const MAX_REST_MS = 30_000

/** Milliseconds that a batch waits by itself after its n-th failure. */
export function restMs(
  failures: number,
  { why, retryAfterMs = 0 }: Retry,
  retry: RetryConfig,
): number {
  const maxDelayMs = why === 'misconfigured' ? MAX_REST_MS : retry.maxDelayMs
  return Math.max(backoffMs(failures, { ...retry, maxDelayMs }), retryAfterMs)
}
