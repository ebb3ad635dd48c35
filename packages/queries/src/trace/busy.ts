import type { Segment } from './trace.js'

/** How long at least one of the spans runs, within `window` if there is one. The spans are in the order of their start. */
export function busyNs(
  spans: readonly { readonly startNs: number; readonly endNs: number }[],
  window: Segment = { fromNs: Number.NEGATIVE_INFINITY, toNs: Number.POSITIVE_INFINITY },
): number {
  let busy = 0
  let coveredTo = window.fromNs
  for (const { startNs, endNs } of spans) {
    const from = Math.max(startNs, coveredTo)
    const to = Math.min(endNs, window.toNs)
    if (to <= from) continue
    busy += to - from
    coveredTo = to
  }
  return busy
}
