import { valueWithin } from '../common/deadline.js'
import { flushBeforeExit } from '../lifetime/before-exit.js'
import { flushOnSignal } from '../lifetime/flush-on-signal.js'

// The default timeout of the official exporters.
const FLUSH_MS = 10_000

interface Provider {
  forceFlush?(): Promise<unknown>
}

/**
 * Flushes the metrics and logs that NodeSDK sends: once at the natural end, on each signal, and in withFlush(). Spans are flushed by their
 * processor. The names of the fields are private in NodeSDK, which has no public access to its providers.
 */
export function flushOtherProviders(nodeSdk: object): void {
  const { _meterProvider: metrics, _loggerProvider: logs } = nodeSdk as Record<string, Provider>
  const providers = [metrics, logs].filter((one) => one?.forceFlush)
  if (providers.length === 0) return
  const flush = () => Promise.allSettled(providers.map((one) => one?.forceFlush?.()))
  const within = (ms: number) => valueWithin(ms, flush)
  const flushable = { acceptedRows: 1, flush: within, flushBeforeExit: () => within(FLUSH_MS) }
  flushBeforeExit(flushable)
  flushOnSignal(flushable)
}
