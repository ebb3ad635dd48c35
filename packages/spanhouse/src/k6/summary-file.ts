import { open } from 'node:fs/promises'
import { NO_VERDICTS, parseSummary, type Verdicts } from './summary.js'

const MOST_BYTES = 64 * 1024 * 1024

interface Wanted {
  readonly path: string
  readonly shown: string
  /** An older file is one of another run. */
  readonly newerThanMs?: number
  /** Whether it is no surprise that there is none. */
  readonly isOptional?: boolean
}

/** The verdicts in a summary file. If there are none, `say` gets a sentence that says why. Never rejects. */
export async function verdictsIn(
  { path, shown, newerThanMs = 0, isOptional = false }: Wanted,
  say: (sentence: string) => void,
): Promise<Verdicts> {
  const computed = 'so the verdicts on thresholds are computed'
  const file = await read(path)
  if ('problem' in file) {
    if (!isOptional) say(`The summary ${shown} cannot be read (${file.problem}), ${computed}.`)
    return NO_VERDICTS
  }
  if (file.changedMs < newerThanMs) {
    say(`The summary ${shown} is older than this run, ${computed}.`)
    return NO_VERDICTS
  }
  const summary = parseSummary(file.text)
  if (summary === undefined) say(`${shown} is no summary of k6, ${computed}.`)
  if (summary?.form === '--new-machine-readable-summary')
    say(`The summary ${shown} has no verdicts, as all of its form (${summary.form}), ${computed}.`)
  return summary?.verdicts ?? NO_VERDICTS
}

async function read(
  path: string,
): Promise<{ readonly text: string; readonly changedMs: number } | { readonly problem: string }> {
  try {
    const file = await open(path)
    try {
      const { size, mtimeMs } = await file.stat()
      if (size > MOST_BYTES) return { problem: 'it is larger than 64 MiB' }
      return { text: await file.readFile('utf8'), changedMs: mtimeMs }
    } finally {
      await file.close()
    }
  } catch (error) {
    return { problem: (error as NodeJS.ErrnoException).code ?? 'unknown' }
  }
}
