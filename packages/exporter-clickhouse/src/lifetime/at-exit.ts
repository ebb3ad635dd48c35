/** What has something to say when the process ends before it is flushed, by `process.exit()` or by an error. */
interface Reporter {
  /** Collects what is lost. Synchronous: nothing is awaited any more. Never throws. */
  exits(): void
  /** Says it, once every other reporter has collected too: several may have lost rows of the same server. */
  hasExited(): void
}

let reporters: Set<Reporter> | undefined

/** Calls `exits()` and `hasExited()` at the end of the process, until the returned function is called. */
export function reportAtExit(reporter: Reporter): () => void {
  reporters ??= listening(new Set())
  const all = reporters.add(reporter)
  return () => void all.delete(reporter)
}

function listening(all: Set<Reporter>): Set<Reporter> {
  process.on('exit', () => {
    for (const one of all) one.exits()
    for (const one of all) one.hasExited()
  })
  return all
}
