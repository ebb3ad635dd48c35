import { within } from '../common/deadline.js'
import type { Flushable } from './before-exit.js'

/**
 * Metrics are collected from time to time. So that what was counted since then is not lost, they are collected once more before each flush at
 * an end of the process, and for each flush of an invocation. `collect` brings the rows into the pipeline; it may reject and may hang.
 */
export function collectFirst(
  pipeline: Flushable,
  collect: () => Promise<unknown>,
  timeoutMs: number,
): Flushable {
  // Rows of these collections do not count as new. Otherwise each flush at the natural end would cause another one.
  let collectedRows = 0
  const collected = async (ms: number): Promise<void> => {
    const before = pipeline.acceptedRows
    await within(ms, collect).catch(() => {})
    collectedRows += pipeline.acceptedRows - before
  }
  return {
    get acceptedRows() {
      return 1 + pipeline.acceptedRows - collectedRows // 1: there may be something to collect
    },
    async flushBeforeExit() {
      await collected(timeoutMs)
      await pipeline.flushBeforeExit()
    },
    flush: (ms) => pipeline.flush(ms),
    collect: collected,
  }
}
