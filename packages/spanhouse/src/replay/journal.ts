import { type FileHandle, open, readFile } from 'node:fs/promises'

/** What has become of the lines of one file so far; on disk before the next batch is sent. */
export interface Journal {
  /** Lines before this offset are done. */
  readonly done: number
  /** Offsets of lines that were refused again. */
  readonly refused: ReadonlySet<number>
  /** Resolves when it is on disk. */
  note(done: number, refused: readonly number[]): Promise<void>
  close(): Promise<void>
}

/** A line that a killed process left unfinished is ignored: that batch is sent again with its token. */
export async function openJournal(path: string): Promise<Journal> {
  const refused = new Set<number>()
  let done = 0
  const text = await readFile(path, 'utf8').catch(() => '')
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  for (const line of whole.split('\n').filter(Boolean)) {
    const [end = 0, ...offsets] = line.split(' ').map(Number)
    done = Math.max(done, end)
    for (const offset of offsets) refused.add(offset)
  }
  const file: FileHandle = await open(path, 'a', 0o600)
  if (whole.length < text.length) await file.truncate(Buffer.byteLength(whole))
  return {
    get done() {
      return done
    },
    refused,
    async note(end, offsets) {
      done = end
      for (const offset of offsets) refused.add(offset)
      await file.appendFile(`${[end, ...offsets].join(' ')}\n`)
      await file.datasync()
    },
    close: () => file.close(),
  }
}
