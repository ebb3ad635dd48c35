import { type Context, type ContextManager, context, createContextKey } from '@opentelemetry/api'

// The key @opentelemetry/core uses, a Symbol.for of this description: one context key is no reason
// to depend on core, whose versions 2 and 3 want different versions of the api (see ARCHITECTURE.md).
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

// Where every copy of the api, of whatever version 1.x, registers what it is given and looks for it.
const API = Symbol.for('opentelemetry.js.api.1')
// Every copy of the api takes what was registered by a later minor version.
const ANY_VERSION = '1.999.0'

/**
 * Runs `work` so that no instrumentation makes spans of it: our own requests must not be traced, or each flush would make the
 * spans of the next. In an application without a context manager only what `work` does before it returns is covered: start
 * each piece of I/O in a call of its own.
 */
export function withoutTracing<T>(work: () => T): T {
  const quiet = context.active().setValue(SUPPRESS_TRACING, true)
  return context.with(quiet, () => (isQuiet() ? work() : withAnyManager(work)))
}

function isQuiet(): boolean {
  return context.active().getValue(SUPPRESS_TRACING) === true
}

/**
 * The api has no context manager, or one that our copy of it does not see because the application's copy is older.
 * Instrumentations ask the api for the active context when a request or connection is begun: for that long they are given one.
 */
function withAnyManager<T>(work: () => T): T {
  const shared = globalThis as { [API]?: { version: string; context?: ContextManager } }
  const registered = shared[API]
  const theirs = registered?.context
  if (theirs) return theirs.with(theirs.active().setValue(SUPPRESS_TRACING, true), work)
  const api = registered ?? { version: ANY_VERSION }
  const ours = new CallStackContexts(context.active().setValue(SUPPRESS_TRACING, true))
  api.context = ours
  shared[API] = api
  try {
    return work()
  } finally {
    if (api.context === ours) delete api.context
    // The first to register sets the version that all others must have.
    if (api !== registered && Object.keys(api).length === 1) delete shared[API]
  }
}

/** A context manager for the length of a call: what runs later sees none. */
class CallStackContexts implements ContextManager {
  #active: Context

  constructor(active: Context) {
    this.#active = active
  }

  active(): Context {
    return this.#active
  }

  with<Args extends unknown[], Work extends (...args: Args) => ReturnType<Work>>(
    active: Context,
    work: Work,
    thisArg?: ThisParameterType<Work>,
    ...args: Args
  ): ReturnType<Work> {
    const before = this.#active
    this.#active = active
    try {
      return work.call(thisArg as never, ...args)
    } finally {
      this.#active = before
    }
  }

  bind<Target>(_: Context, target: Target): Target {
    return target
  }

  enable(): this {
    return this
  }

  disable(): this {
    return this
  }
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
