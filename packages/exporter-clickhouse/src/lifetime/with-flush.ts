import { within } from '../common/deadline.js'
import { ConfigError } from '../common/errors.js'
import { flushables } from './before-exit.js'
import { flushGlobalProvider } from './global-providers.js'

const DEFAULT_TIMEOUT_MS = 2000
const RECORDS = ['traces', 'logs'] as const
const SIGNALS = [...RECORDS, 'metrics'] as const

// Kept free, so that the function can still answer before its time is up.
const RESERVE_MS = 200

/** The second parameter of an AWS Lambda handler. */
interface LambdaContext {
  getRemainingTimeInMillis?(): unknown
}

type Callback = (...of: unknown[]) => unknown

/**
 * Wraps a handler for AWS Lambda, or for another host that freezes or ends the process between invocations: the spans, log records and
 * metrics of this process are delivered before the host gets the handler's result. Everything that this package has made in the process is
 * flushed, and the global providers too; metrics are collected for it. The host waits at most `timeoutMs` (in milliseconds, default 2000) longer, and not longer than 200 ms before the end
 * of the time that a Lambda context has left. The handler keeps its result, errors, `this`, `length` and own properties, even if a flush
 * fails or is late. What such a flush did not deliver is sent at a later invocation.
 *
 * For handlers that return a promise, take a callback as third parameter, or stream their response. For a handler that returns anything
 * else, the flush begins when it returns, and the host does not wait for it. Throws a ConfigError if `handler` is not a function, or if
 * `timeoutMs` is not a number of at least 0.
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

/** Puts a flush before the callback. */
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
    } catch {} // not a context of Lambda
  }
  return timeoutMs
}

/** Never rejects, and takes no longer than `ms`. */
async function flushAll(ms: number): Promise<void> {
  const all = flushables()
  const ours = () => Promise.allSettled(all.map(async (one) => one.flush(ms)))
  const collectors = all.filter((one) => one.collect)
  // What collects for us flushes the provider for metrics. A second collection would only repeat the first.
  const signals = collectors.length > 0 ? RECORDS : SIGNALS
  const theirs = () =>
    Promise.allSettled([
      ...signals.map(flushGlobalProvider),
      ...collectors.map(async (one) => one.collect?.(ms)),
    ])
  // The providers may pass records to our exporters, so these are flushed again after them. They are also flushed at once, because a
  // provider may hang.
  const work = async () => {
    await Promise.all([ours(), theirs().then(ours)])
  }
  await within(ms, work).catch(() => {})
}
