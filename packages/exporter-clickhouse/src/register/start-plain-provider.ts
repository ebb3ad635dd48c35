import { type Found, findBeside, load } from './application.js'
import { startPlainSignals } from './plain-signals.js'
import type { Plan } from './plan.js'
import { samplerOf } from './sampler.js'

type Constructor = new (options: object) => Provider
interface Provider {
  /** Only NodeTracerProvider of SDK 2 has it: it sets the context manager and the propagator too. */
  register?(): void
}

interface Resource {
  merge(other: Resource): Resource
}
interface Resources {
  defaultResource(): Resource
  detectResources(options: object): Resource
  readonly envDetector: unknown
}

interface Core {
  readonly CompositePropagator: new (options: object) => object
  readonly W3CTraceContextPropagator: new () => object
  readonly W3CBaggagePropagator: new () => object
}

interface ContextManagers {
  readonly AsyncLocalStorageContextManager: new () => { enable(): object }
}

interface InstrumentationModule {
  registerInstrumentations(options: object): void
}

/** Starts providers without NodeSDK, with a resource, a context manager and a propagator if they are installed beside it. */
export function startPlainProvider(plan: Plan): void {
  const { sdk, api, spanProcessors, instrumentations, env } = plan
  const module = load<Record<string, unknown>>(sdk)
  const Provider = (module['NodeTracerProvider'] ??
    module['BasicTracerProvider'] ??
    module['TracerProvider']) as Constructor
  const resource = resourceOf(sdk)
  const sampler = samplerOf(module, env)
  const provider = new Provider({
    spanProcessors,
    ...(resource && { resource }),
    ...(sampler && { sampler }),
  })
  if (provider.register) provider.register()
  else {
    setContextManager(plan)
    setPropagator(plan)
    api.trace.setGlobalTracerProvider(provider as never)
  }
  startPlainSignals(plan, resource) // before the instrumentations, which ask for a meter at once
  const base = loadBeside<InstrumentationModule>(sdk, 'instrumentation')
  if (instrumentations.length > 0) base?.registerInstrumentations({ instrumentations })
}

/** What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say. */
function resourceOf(sdk: Found): Resource | undefined {
  const resources = loadBeside<Resources>(sdk, 'resources')
  if (!resources) return undefined
  const { defaultResource, detectResources, envDetector } = resources
  return defaultResource().merge(detectResources({ detectors: [envDetector] }))
}

/** Without a context manager, spans have no parents. */
function setContextManager({ sdk, api }: Plan): void {
  const managers = loadBeside<ContextManagers>(sdk, 'context-async-hooks')
  if (!managers) return
  const manager = new managers.AsyncLocalStorageContextManager().enable()
  api.context.setGlobalContextManager(manager as never)
}

function setPropagator({ sdk, api }: Plan): void {
  const core = loadBeside<Core>(sdk, 'core')
  if (!core) return
  const { CompositePropagator, W3CTraceContextPropagator, W3CBaggagePropagator } = core
  const propagators = [new W3CTraceContextPropagator(), new W3CBaggagePropagator()]
  api.propagation.setGlobalPropagator(new CompositePropagator({ propagators }) as never)
}

function loadBeside<T>(sdk: Found, short: string): T | undefined {
  const found = findBeside(sdk, `@opentelemetry/${short}`)
  return found && load<T>(found)
}
