import { AsyncResource } from 'node:async_hooks'

const scope = new AsyncResource('spanhouse')

/**
 * Runs `work` outside of the request of the application that happens to be served. Until Node 24, promises, timers and sockets keep the
 * stores of every `AsyncLocalStorage` with which they were made, and with them the whole request, for as long as they live: a batch may
 * wait for hours, and a connection lives as long as the process.
 */
export function outside<T>(work: () => T): T {
  return scope.runInAsyncScope(work)
}
