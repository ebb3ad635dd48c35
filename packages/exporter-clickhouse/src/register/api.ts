import { type Found, find, findBeside, load } from './application.js'

export type Api = typeof import('@opentelemetry/api')

/** The API that the SDK uses. Another copy of another version could not share its registrations. */
export function apiOf(sdk: Found | undefined): Api | undefined {
  const name = '@opentelemetry/api'
  const api = sdk ? findBeside(sdk, name) : find(name)
  return api && load<Api>(api)
}

/** Sets the logger that OTEL_LOG_LEVEL asks for, as NodeSDK does. Returns whether it asks for one. */
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

const GLOBAL = Symbol.for('opentelemetry.js.api.1')

/**
 * The name of the tracer provider that is registered. Undefined if there is none, or one that does nothing. It asks the place where all
 * copies of the API register, because a copy of an older version does not see what a newer one has registered.
 */
export function registeredProvider(): string | undefined {
  const { trace } = (globalThis as { [GLOBAL]?: { trace?: Provider } })[GLOBAL] ?? {}
  const provider = trace?.getDelegate?.() ?? trace
  const name = provider?.constructor.name
  return name === 'NoopTracerProvider' ? undefined : name
}
