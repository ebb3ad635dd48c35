import type { Dir, Dirent } from 'node:fs'
import * as nodeFs from 'node:fs/promises'
import { type Limit, newLimit } from './limit.js'
import { withoutTracing } from './suppress-tracing.js'

type Run = <T>(call: () => Promise<T>) => Promise<T>

const MAX_CALLS = 2
const calls = newLimit(MAX_CALLS)
/** The turns of each directory that has a call. */
const turns = new Map<string, Limit>()

/**
 * `node:fs/promises` for our own files below a directory: no call is traced, one is under way at a time, and two for all directories together.
 * Node runs such calls on four threads (`UV_THREADPOOL_SIZE`), on which the application's files, DNS look-ups and ciphers wait too. A
 * call to a disk that hangs (a file server that is gone) keeps its thread until the disk answers, and no deadline frees it. Another
 * directory may be on a disk that works, so none has both calls.
 */
export function ownFiles(directory: string): typeof nodeFs {
  return inTurn(nodeFs, async (call) => {
    const own = turns.get(directory) ?? newLimit(1)
    turns.set(directory, own)
    try {
      return await own.run(() => calls.run(() => withoutTracing(call)))
    } finally {
      if (own.size === 0) turns.delete(directory)
    }
  })
}

/** The same functions, and those of the files and folders that they open. */
function inTurn<T extends object>(functions: T, run: Run): T {
  return new Proxy(functions, {
    // Looked up on each call, because an instrumentation may replace the function at any time.
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return async (...args: unknown[]) => {
        const result = await run(async () => Reflect.apply(member, target, args))
        if (name === 'opendir') return folderInTurn(result, run)
        return name === 'open' ? inTurn(result, run) : result
      }
    },
  })
}

// As many entries as the folder is opened for (`bufferSize`).
const PAGE = 512

/** Reads a page of entries in one turn: most of them are in memory then, and would not need one. */
function folderInTurn(folder: Dir, run: Run): Pick<Dir, 'read' | 'close'> {
  let page: Dirent[] = []
  let next = 0
  return {
    async read() {
      if (next === page.length) {
        page = await run(() => pageOf(folder))
        next = 0
      }
      return page[next++] ?? null
    },
    close: () => run(() => folder.close()),
  } as Pick<Dir, 'read' | 'close'>
}

async function pageOf(folder: Dir): Promise<Dirent[]> {
  const page: Dirent[] = []
  for (let entry = await folder.read(); entry; entry = await folder.read()) {
    page.push(entry)
    if (page.length === PAGE) break
  }
  return page
}
