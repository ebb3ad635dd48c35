import type { Signal } from '../config/config.js'

interface Provider {
  getDelegate?(): Provider
  forceFlush?(): Promise<unknown>
}

// Where all copies of the API register. It is read directly, because a copy does not see what a newer copy has registered.
const API = Symbol.for('opentelemetry.js.api.1')
// The same for `@opentelemetry/api-logs` of SDK 2, which has a function there. Its parameter is the version of that function's contract.
const API_LOGS = Symbol.for('io.opentelemetry.js.api.logs')
const CONTRACT = 1

interface Registered {
  readonly [API]?: {
    readonly trace?: Provider
    readonly metrics?: Provider
    readonly logs?: Provider
  }
  readonly [API_LOGS]?: (contract: number) => Provider | undefined
}

/** Flushes the provider that the application has registered for this signal, if it can be flushed. Rejects if that fails. */
export async function flushGlobalProvider(signal: Signal): Promise<void> {
  const { [API]: api, [API_LOGS]: logs } = globalThis as Registered
  const provider =
    signal === 'traces'
      ? api?.trace
      : signal === 'metrics'
        ? api?.metrics
        : (api?.logs ?? logs?.(CONTRACT))
  await (provider?.getDelegate?.() ?? provider)?.forceFlush?.()
}
