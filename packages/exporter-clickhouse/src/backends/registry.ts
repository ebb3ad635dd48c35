import type { BackendName } from './names.js'

/** The signals whose backends can be changed. */
export type SwitchableSignal = 'traces' | 'logs'

/** A processor of spanProcessorsFromEnv() or logRecordProcessorsFromEnv(), as every version of this package in the process knows it. */
export interface Member {
  readonly signal: SwitchableSignal
  /** Opens what is missing, and changes nothing yet. Throws if that is not possible. */
  prepare(names: readonly BackendName[]): { begin(): Promise<void>; discard(): void }
}

export interface Shared {
  readonly members: Set<Member>
  /** The change under way. */
  current: Promise<unknown>
}

const KEY = Symbol.for('spanhouse.exporter-clickhouse.backends')

/** Adds a processor to those that `switchBackend()` changes. The returned function removes it. */
export function takePart(member: Member): () => void {
  const { members } = shared()
  members.add(member)
  return () => void members.delete(member)
}

export function shared(): Shared {
  const all = globalThis as { [KEY]?: Shared }
  all[KEY] ??= { members: new Set(), current: Promise.resolve() }
  return all[KEY]
}
