import { context, createContextKey } from '@opentelemetry/api'

// The key @opentelemetry/core uses, a Symbol.for of this description: one context key is no reason
// to depend on core, whose versions 2 and 3 want different versions of the api (see ARCHITECTURE.md).
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/** Runs `work` so that no instrumentation makes spans of it: our own requests must not be traced. */
export function withoutTracing<T>(work: () => T): T {
  return context.with(context.active().setValue(SUPPRESS_TRACING, true), work)
}
