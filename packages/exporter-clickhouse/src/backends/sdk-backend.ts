import type { SpanLike } from '@spanhouse/transform'
import { turn } from '../common/clock.js'
import { within } from '../common/deadline.js'
import { hook } from '../common/hook.js'
import { flushBeforeExit } from '../lifetime/before-exit.js'
import { flushOnSignal } from '../lifetime/flush-on-signal.js'
import { pendingResources } from '../pipeline/pending-resources.js'
import { isSampled } from '../traces/sampled.js'
import type { Backend } from './backend.js'
import type { BackendName } from './names.js'
import type { SdkExporter, SdkProcessor } from './sdk.js'
import { trackedExporter } from './tracked-exporter.js'
import { warn } from './warn.js'

// A script that has ended waits no longer than this for a collector that has never taken a span.
const FIRST_WAIT_MS = 2000

export interface Patience {
  readonly flushTimeoutMs: number
  readonly shutdownTimeoutMs: number
  readonly flushOnSignal: boolean
}

/** A backend made of an exporter and a processor of the SDK. `processorOf` puts the processor in front of the exporter that it gets. */
export function sdkBackend(
  name: BackendName,
  exporter: SdkExporter,
  processorOf: (exporter: SdkExporter) => SdkProcessor,
  patience: Patience,
): Backend {
  const tracked = trackedExporter(exporter)
  const processor = processorOf(tracked)
  const failed = hook(`the processor of ${name}`, (error: unknown) => {
    throw error
  })
  let acceptedRows = 0
  let last: SpanLike | undefined
  let closed: Promise<void> | undefined

  const settle = async (): Promise<void> => {
    // A batch may be waiting for its resource, in the processor, where neither of the other two waits can see it.
    if (last) await pendingResources([last])
    await turn()
    const [flushed] = await Promise.allSettled([processor.forceFlush()])
    await tracked.idle()
    if (flushed.status === 'rejected') throw flushed.reason
  }

  const flush = async (timeoutMs: number = patience.flushTimeoutMs): Promise<void> => {
    if (await within(timeoutMs, settle)) return
    throw new Error(`spanhouse: ${name} has not flushed within ${timeoutMs} ms`)
  }

  const close = async (): Promise<void> => {
    const { shutdownTimeoutMs } = patience
    const inTime = await within(shutdownTimeoutMs, async () => {
      await Promise.allSettled([settle()])
      await Promise.allSettled([processor.shutdown()])
      await Promise.allSettled([exporter.shutdown()])
    })
    for (const leave of leaveEnds) leave()
    if (!inTime) warn(`${name} was not shut down within ${shutdownTimeoutMs} ms: spans may be lost`)
  }

  const registered = {
    get acceptedRows() {
      return acceptedRows
    },
    async flushBeforeExit() {
      const firstMs = Math.min(FIRST_WAIT_MS, patience.flushTimeoutMs)
      if (await within(firstMs, () => Promise.allSettled([settle()]))) return
      const isFlushed = tracked.hasDelivered && (await within(patience.flushTimeoutMs, settle))
      if (!isFlushed) warn(`${name} has not taken all spans when the process ended: some are lost`)
    },
  }
  const leaveEnds = [
    flushBeforeExit(registered),
    ...(patience.flushOnSignal ? [flushOnSignal(registered)] : []),
  ]

  return {
    name,
    onEnd(span) {
      if (!isSampled(span)) return
      acceptedRows++
      last = span
      try {
        processor.onEnd(span)
      } catch (error) {
        failed(error)
      }
    },
    flush,
    shutdown() {
      closed ??= close()
      return closed
    },
  }
}
