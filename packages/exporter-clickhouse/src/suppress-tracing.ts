import { context, createContextKey } from '@opentelemetry/api'

// The key @opentelemetry/core uses, a Symbol.for of this description: one context key is no reason
// to depend on core, whose versions 2 and 3 want different versions of the api (see ARCHITECTURE.md).
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/** Runs `work` so that no instrumentation makes spans of it: our own requests must not be traced. */
export function withoutTracing<T>(work: () => T): T {
  return context.with(context.active().setValue(SUPPRESS_TRACING, true), work)
}

/**
 * The same functions, each call without tracing. The calls themselves, because after an `await`, and in timers, a context is
 * active only where the application has a context manager.
 */
export function untraced<T extends object>(functions: T): T {
  return new Proxy(functions, {
    // Looked up at each call: an instrumentation may replace them at any time.
    get:
      (target, name) =>
      (...args: unknown[]) =>
        withoutTracing(() =>
          (Reflect.get(target, name) as (...args: unknown[]) => unknown)(...args),
        ),
  })
}
