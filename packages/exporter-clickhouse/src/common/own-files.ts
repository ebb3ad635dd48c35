import * as nodeFs from 'node:fs/promises'
import { type Limit, newLimit } from './limit.js'
import { withoutTracing } from './suppress-tracing.js'

/**
 * `node:fs/promises` for our own work: no call is traced, and at most `atOnce` of them are under way, whoever makes them. Node runs such
 * calls on four threads (`UV_THREADPOOL_SIZE`), on which the application's files, DNS look-ups and ciphers wait too. A call to a disk that
 * hangs (a file server that is gone) keeps its thread until the disk answers, and no deadline frees it.
 */
export function ownFiles(atOnce: number): typeof nodeFs {
  return inTurn(nodeFs, newLimit(atOnce))
}

/** The same functions, and those of the files and folders that they open. */
function inTurn<T extends object>(functions: T, limit: Limit): T {
  return new Proxy(functions, {
    // Looked up on each call, because an instrumentation may replace the function at any time.
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return async (...args: unknown[]) => {
        // Each call is made without tracing by itself: without a context manager of the application the context is lost in a wait.
        const result = await limit.run<unknown>(() =>
          withoutTracing(() => Reflect.apply(member, target, args)),
        )
        return isOpen(result) ? inTurn(result, limit) : result
      }
    },
  })
}

/** Whether it is a file or a folder that was opened. */
function isOpen(result: unknown): result is object {
  return typeof (result as { close?: unknown } | undefined)?.close === 'function'
}
