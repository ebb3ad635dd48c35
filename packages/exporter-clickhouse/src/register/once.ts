import { isMainThread, parentPort } from 'node:worker_threads'

// Shared by the ESM and the CommonJS copy of every version of this package. Each worker thread has a globalThis of its own.
const KEY = Symbol.for('spanhouse.exporter-clickhouse.register')

/** True for the first caller of this thread. */
export function isFirst(): boolean {
  const shared = globalThis as { [KEY]?: true }
  if (shared[KEY]) return false
  shared[KEY] = true
  return true
}

/** Node also loads the files of `--require` in the thread that runs module hooks. No application runs there. */
export function isThreadOfHooks(): boolean {
  return !isMainThread && parentPort === null
}
