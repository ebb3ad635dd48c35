import { clock } from '../common/clock.js'
import { isGone, type SpoolFs, syncFile, syncFolder } from './disk.js'
import { folderOf, pathOf } from './ledger.js'
import type { Stored } from './stored.js'

const SYNC_EVERY_MS = 1000

/** Syncs records within a second after they were written, unless they are removed before. */
export interface IntervalSync {
  add(written: readonly Stored[]): void
  forget(stored: Stored): void
  /** Syncs now, and stops the timer. */
  finish(): Promise<void>
}

export function newIntervalSync(
  fs: SpoolFs,
  track: (work: Promise<void>) => void,
  failed: (error: unknown) => void,
): IntervalSync {
  const unsynced = new Set<Stored>()
  let timer: NodeJS.Timeout | undefined
  let finished = false

  const sync = async (): Promise<void> => {
    const folders = new Set<string>()
    try {
      for (const stored of unsynced) {
        unsynced.delete(stored)
        folders.add(folderOf(stored))
        await syncFile(fs, pathOf(stored)).catch(unlessGone)
      }
      for (const folder of folders) await syncFolder(fs, folder).catch(unlessGone)
    } catch (error) {
      failed(error)
    }
    timer = undefined
    schedule()
  }
  const schedule = (): void => {
    if (finished || unsynced.size === 0) return
    timer ??= clock.setTimeout(() => track(sync()), SYNC_EVERY_MS).unref()
  }

  return {
    add(written) {
      for (const stored of written) unsynced.add(stored)
      schedule()
    },
    forget: (stored) => void unsynced.delete(stored),
    finish() {
      finished = true
      clock.clearTimeout(timer)
      return sync()
    },
  }
}

function unlessGone(error: unknown): void {
  if (!isGone(error)) throw error
}
