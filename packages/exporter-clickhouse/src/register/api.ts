import { type Found, find, findBeside, load } from './application.js'

export type Api = typeof import('@opentelemetry/api')

/** The API that the SDK uses: a copy of another version may not see what the SDK registers. */
export function apiOf(sdk: Found | undefined): Api | undefined {
  const name = '@opentelemetry/api'
  const api = sdk ? findBeside(sdk, name) : find(name)
  return api && load<Api>(api)
}

/** Sets the logger that OTEL_LOG_LEVEL asks for, as NodeSDK does. Returns whether there is one. */
export function startLogging({ diag, DiagConsoleLogger, DiagLogLevel }: Api, level = ''): boolean {
  const name = level.trim().toUpperCase()
  if (name === '') return false
  const known = Object.hasOwn(DiagLogLevel, name)
  const logLevel = known ? DiagLogLevel[name as keyof typeof DiagLogLevel] : DiagLogLevel.INFO
  diag.setLogger(new DiagConsoleLogger(), { logLevel, suppressOverrideMessage: true })
  return true
}

interface Provider {
  getDelegate?(): Provider
}

// Where all copies of the API register. It is read directly, because a copy does not see what a newer copy has registered.
const GLOBAL = Symbol.for('opentelemetry.js.api.1')

function registered(): { readonly trace?: Provider; readonly context?: unknown } {
  return (globalThis as { [GLOBAL]?: object })[GLOBAL] ?? {}
}

/** The name of the class of the tracer provider that is registered; undefined if there is none, or one that does nothing. */
export function registeredProvider(): string | undefined {
  const { trace } = registered()
  const name = (trace?.getDelegate?.() ?? trace)?.constructor.name
  return name === 'NoopTracerProvider' ? undefined : name
}

/** Every SDK that is started registers a context manager, even if it sends no traces. */
export function isContextRegistered(): boolean {
  return registered().context !== undefined
}
