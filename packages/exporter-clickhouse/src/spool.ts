// Interface only, until its owner writes it (may be overwritten at will).
import type { PressedBatch } from './batch.js'
import type { Insert } from './insert.js'

export interface SpoolConfig { readonly directory: string; readonly maxBytes: number; readonly fsync: 'always' | 'interval' | 'never'; readonly leaseMs: number }
export interface Stored { readonly destination: string; readonly rows: number; readonly bytes: number }
export interface SpoolEvents { recovered(stored: Stored): void; corrupt(destination: string, rows: number): void; troubled(error: Error): void; recoveredFromTrouble(): void; foreign(destination: string, rows: number): void }
export interface Spool {
  put(batch: PressedBatch, inserts: ReadonlyMap<string, Insert>): Promise<ReadonlyMap<string, Stored>>
  load(stored: Stored): Promise<{ batch: PressedBatch; insert: Insert } | undefined>
  remove(stored: Stored): void
  bytesOf(destination: string): number
  close(): Promise<void>
}
export function openSpool(_config: SpoolConfig, _destinations: readonly string[], _events: SpoolEvents): Spool {
  throw new Error('the spool is not there yet')
}
