import { join } from 'node:path'
import type { Home } from './lease.js'
import type { Stored } from './stored.js'

/** Knows which batches of this process are on disk, and how many bytes they have. */
export interface Ledger {
  has(stored: Stored): boolean
  /** The stored batches in one folder. */
  inFolder(folder: string): Stored[]
  keep(stored: Stored): void
  /** False if it was forgotten before. Its file may still exist. */
  forget(stored: Stored): boolean
  bytesOf(destination: string): number
  /** A file was added to a directory. */
  arrived(home: Home): void
  /** A file is not in the directory any more. */
  left(home: Home): void
}

export function newLedger(onEmpty: (home: Home) => void): Ledger {
  const live = new Set<Stored>()
  const bytes = new Map<string, number>()
  const bytesOf = (destination: string) => bytes.get(destination) ?? 0
  return {
    bytesOf,
    has: (stored) => live.has(stored),
    inFolder: (folder) => [...live].filter((stored) => folderOf(stored) === folder),
    keep(stored) {
      live.add(stored)
      bytes.set(stored.destination, bytesOf(stored.destination) + stored.bytes)
    },
    forget(stored) {
      if (!live.delete(stored)) return false
      bytes.set(stored.destination, bytesOf(stored.destination) - stored.bytes)
      return true
    },
    arrived(home) {
      home.records++
    },
    left(home) {
      home.records--
      if (home.records === 0) onEmpty(home)
    },
  }
}

export function folderOf({ home, destination }: Stored): string {
  return join(home.path, destination)
}

export function pathOf(stored: Stored): string {
  return join(folderOf(stored), stored.name)
}
