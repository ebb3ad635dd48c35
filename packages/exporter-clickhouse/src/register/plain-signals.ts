import { type Found, find, findBeside, load } from './application.js'
import type { Plan } from './plan.js'
import { say } from './say.js'
import type { Sdk } from './sdk.js'

type Make = new (options: object) => object

interface LogsApi {
  readonly logs?: { setGlobalLoggerProvider(provider: object): void }
}

/** Starts the providers for metrics and logs that are asked for, beside a plain tracer provider. */
export function startPlainSignals(plan: Plan, resource: object | undefined): void {
  const { logRecordProcessors = [], metricReaders = [], api, sdk } = plan
  const common = resource && { resource }
  if (metricReaders.length > 0) {
    const found = sdkFor('metrics', sdk)
    const provider = found && make(found, 'MeterProvider', { ...common, readers: metricReaders })
    if (provider) api.metrics.setGlobalMeterProvider(provider as never)
  }
  if (logRecordProcessors.length > 0) {
    const found = sdkFor('logs', sdk)
    if (!found) return
    const provider = make(found, 'LoggerProvider', { ...common, processors: logRecordProcessors })
    // In SDK 2 the API for logs is a package of its own, which instrumentations made for SDK 2 use beside SDK 3 too.
    const own = findBeside(found, '@opentelemetry/api-logs')
    for (const { logs } of [api as LogsApi, ...(own ? [load<LogsApi>(own)] : [])])
      logs?.setGlobalLoggerProvider(provider)
  }
}

function sdkFor(signal: 'logs' | 'metrics', sdk: Sdk): Found | undefined {
  const name = `@opentelemetry/sdk-${signal}`
  // Not beside the tracer provider: some package managers put there what others depend on, in any version.
  const found = find(name)
  const version = sdk.version.startsWith('2.') ? { logs: '@0.223', metrics: '@2' }[signal] : ''
  if (!found)
    say(
      'NO_SDK',
      `sends no ${signal}, because ${name} is not installed. To install it: npm install ${name}${version}`,
    )
  return found
}

function make(found: Found, name: string, options: object): object {
  const Provider = load<Record<string, Make>>(found)[name] as Make
  return new Provider(options)
}
