import { join } from 'node:path'
import type { Lease } from './lease.js'
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
  arrived(lease: Lease): void
  /** A file is not in the directory any more. */
  left(lease: Lease): void
}

export function newLedger(onEmpty: (lease: Lease) => void): Ledger {
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
    arrived(lease) {
      lease.records++
    },
    left(lease) {
      lease.records--
      if (lease.records === 0) onEmpty(lease)
    },
  }
}

export function folderOf({ lease, destination }: Stored): string {
  return join(lease.path, destination)
}

export function pathOf(stored: Stored): string {
  return join(folderOf(stored), stored.name)
}
