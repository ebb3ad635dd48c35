import { trace } from '@opentelemetry/api'
import { within } from '../common/deadline.js'
import { ConfigError } from '../common/errors.js'
import { flushables } from './before-exit.js'

const DEFAULT_TIMEOUT_MS = 2000

// Left for the answer of the function, which must come before its time is up.
const RESERVE_MS = 200

/** What a handler of AWS Lambda is given beside its event. */
interface LambdaContext {
  getRemainingTimeInMillis?(): unknown
}

type Callback = (...of: unknown[]) => unknown

/**
 * Wraps a handler of a function as AWS Lambda calls it, and of other hosts that freeze or end the process between invocations: when the
 * handler is done, the spans of this process are delivered before its host learns of it. For that, everything that this package has made in
 * the process is flushed, and the global tracer provider. `timeoutMs` (default 2000) bounds the wait, and so does the remaining time of a
 * Lambda context, of which 200 ms are left. Result, errors, `this`, `length` and own properties of the handler stay as they are, and a
 * flush that fails or is late changes none of them; spans that it did not deliver are sent at a later invocation.
 *
 * For handlers that return a promise, that take a callback as third parameter, or that stream their response. A handler that returns
 * anything else is not waited for: its flush begins when it returns. Throws a ConfigError if `handler` is no function or `timeoutMs` is not
 * a number of at least 0.
 */
export function withFlush<Handler extends (...args: never[]) => unknown>(
  handler: Handler,
  options?: { timeoutMs?: number },
): Handler {
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options ?? {}
  const problems = [
    ...(typeof handler === 'function'
      ? []
      : ['the handler given to withFlush() must be a function']),
    ...(typeof timeoutMs === 'number' && timeoutMs >= 0
      ? []
      : ['`timeoutMs` of withFlush() must be a number of at least 0']),
  ]
  if (problems.length > 0) throw new ConfigError(problems)

  // A proxy, because hosts look at the handler: its length tells whether it takes a callback, a symbol whether it streams.
  return new Proxy(handler, {
    apply(target, thisArg, args: unknown[]) {
      const flush = () => flushAll(budget(timeoutMs, args))
      const isWithCallback = target.length >= 3 && typeof args[2] === 'function'
      const given = isWithCallback ? args.with(2, flushFirst(args[2] as Callback, flush)) : args
      let result: unknown
      try {
        result = Reflect.apply(target, thisArg, given)
      } catch (error) {
        void flush()
        throw error
      }
      if (isThenable(result)) return afterwards(result, flush)
      if (!isWithCallback) void flush()
      return result
    },
  })
}

/** A callback that is called after a flush. */
function flushFirst(callback: Callback, flush: () => Promise<void>): Callback {
  return function (this: unknown, ...of) {
    void flush().then(() => Reflect.apply(callback, this, of))
  }
}

async function afterwards(result: PromiseLike<unknown>, flush: () => Promise<void>) {
  try {
    return await result
  } finally {
    await flush()
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

/** How long a flush may take. The context is the second parameter, or the third of a handler that streams. */
function budget(timeoutMs: number, args: readonly unknown[]): number {
  for (const one of [args[1], args[2]]) {
    const context = one as LambdaContext | null | undefined
    try {
      const remaining = context?.getRemainingTimeInMillis?.()
      if (typeof remaining === 'number')
        return Math.max(0, Math.min(timeoutMs, remaining - RESERVE_MS))
    } catch {} // a context of the application's own
  }
  return timeoutMs
}

/** Never rejects, and takes no longer than `ms`. */
async function flushAll(ms: number): Promise<void> {
  const ours = () => Promise.allSettled(flushables().map(async (one) => one.flush(ms)))
  // A provider may hand spans to exporters of ours. Ours are flushed first as well, so that a provider that hangs does not cost them.
  const work = async () => {
    await Promise.all([ours(), flushProvider().then(ours)])
  }
  await within(ms, work).catch(() => {})
}

async function flushProvider(): Promise<void> {
  try {
    const provider = trace.getTracerProvider() as { getDelegate?(): object } & Partial<Forced>
    const delegate = (provider.getDelegate?.() ?? provider) as Partial<Forced>
    await delegate.forceFlush?.()
  } catch {} // it must not change the result
}

interface Forced {
  forceFlush(): Promise<void>
}
