import { valueWithin } from '../common/deadline.js'
import { flushBeforeExit } from '../lifetime/before-exit.js'
import { flushOnSignal } from '../lifetime/flush-on-signal.js'

// As long as the official exporters take for one attempt.
const FLUSH_MS = 10_000

interface Provider {
  forceFlush?(): Promise<unknown>
}

/**
 * Flushes the metrics and logs that NodeSDK sends, once at the natural end and at each signal. Spans are flushed by their processor.
 * NodeSDK gives its providers no public name.
 */
export function flushOtherProviders(nodeSdk: object): void {
  const { _meterProvider: metrics, _loggerProvider: logs } = nodeSdk as Record<string, Provider>
  const providers = [metrics, logs].filter((one) => one?.forceFlush)
  if (providers.length === 0) return
  const flush = () => Promise.allSettled(providers.map((one) => one?.forceFlush?.()))
  const flushable = {
    acceptedRows: 1,
    flushBeforeExit: () => valueWithin(FLUSH_MS, flush),
    flush: (timeoutMs: number) => valueWithin(timeoutMs, flush),
  }
  flushBeforeExit(flushable)
  flushOnSignal(flushable)
}
