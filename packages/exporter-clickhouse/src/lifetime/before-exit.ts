/** What is flushed when the application has nothing left to do, and after each invocation of a function (`with-flush.ts`). */
export interface Flushable {
  /** Rows taken in so far. */
  readonly acceptedRows: number
  /** Time-boxed; never rejects. */
  flushBeforeExit(): Promise<unknown>
  /** Resolves when every row taken in before is delivered or dropped. Rejects at the deadline. */
  flush(timeoutMs: number): Promise<unknown>
  /** Brings in what has not been exported yet. Time-boxed; never rejects. */
  collect?(timeoutMs: number): Promise<unknown>
}

// One listener for every version of this package that the process has loaded.
const KEY = Symbol.for('spanhouse.exporter-clickhouse.before-exit')

/** Flushes at the natural end of the process, as long as it is registered. The returned function removes it. */
export function flushBeforeExit(pipeline: Flushable): () => void {
  const registered = registry()
  registered.set(pipeline, 0)
  return () => {
    registered.delete(pipeline)
  }
}

/** Everything that is registered in this process now. */
export function flushables(): Flushable[] {
  const shared = globalThis as { [KEY]?: Map<Flushable, number> }
  return [...(shared[KEY]?.keys() ?? [])]
}

function registry(): Map<Flushable, number> {
  const shared = globalThis as { [KEY]?: Map<Flushable, number> }
  if (shared[KEY]) return shared[KEY]
  const registered = new Map<Flushable, number>()
  shared[KEY] = registered
  // The event comes again after each flush. Without new rows it must not start another: a hung server would keep an ended
  // application alive forever.
  process.on('beforeExit', () => {
    for (const [pipeline, flushedRows] of registered) {
      if (pipeline.acceptedRows === flushedRows) continue
      registered.set(pipeline, pipeline.acceptedRows)
      void pipeline.flushBeforeExit()
    }
  })
  return registered
}
