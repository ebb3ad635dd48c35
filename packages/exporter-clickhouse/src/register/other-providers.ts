import { valueWithin } from '../common/deadline.js'
import { flushBeforeExit } from '../lifetime/before-exit.js'
import { flushOnSignal } from '../lifetime/flush-on-signal.js'

// As long as the official exporters take for one attempt.
const FLUSH_MS = 10_000

interface Provider {
  forceFlush?(): Promise<unknown>
}

/**
 * Flushes the metrics and logs that NodeSDK sends: once at the natural end, at each signal, and by withFlush(). Spans are flushed by their processor.
 * NodeSDK gives its providers no public name.
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
