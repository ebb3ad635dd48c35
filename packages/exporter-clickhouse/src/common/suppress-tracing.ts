import { type Context, type ContextManager, context, createContextKey } from '@opentelemetry/api'

// The key of @opentelemetry/core, a `Symbol.for` of this description. One context key is no reason to depend on core: its versions 2
// and 3 need different versions of the api (see ARCHITECTURE.md).
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

// Under this key every copy of the api, of any version 1.x, keeps and finds what is registered.
const API = Symbol.for('opentelemetry.js.api.1')
// Every copy of the api accepts what a later minor version has registered.
const ANY_VERSION = '1.999.0'

/**
 * Runs `work` so that no instrumentation creates spans for it. If our own requests were traced, each flush would create spans for
 * the next one. In an application without a context manager this covers only what `work` does before it returns, so start each
 * piece of I/O in a call of its own.
 */
export function withoutTracing<T>(work: () => T): T {
  const suppressed = context.active().setValue(SUPPRESS_TRACING, true)
  return context.with(suppressed, () => (isSuppressed() ? work() : withAnyManager(work)))
}

function isSuppressed(): boolean {
  return context.active().getValue(SUPPRESS_TRACING) === true
}

/**
 * For an api without a context manager, or with one that our copy of the api does not see because the application's copy is older.
 * Instrumentations ask for the active context when a request or connection begins, so a manager of our own is registered until then.
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
    // Leave nothing behind: the first registration sets the version that all others must have.
    if (api !== registered && Object.keys(api).length === 1) delete shared[API]
  }
}

/** A context manager for the duration of one call. Code that runs later does not see it. */
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
