import type { Signal } from './config.js'
import type { CompleteDestination } from './defaults.js'
import type { Tree } from './given.js'

/** The options of all sources together. */
export interface Gathered {
  /** The options outside `destinations`, as each signal sees them. */
  readonly options: Readonly<Record<Signal, Tree>>
  readonly destinations: readonly GatheredDestination[]
  /** Mistakes in code or file, as sentences. */
  readonly problems: readonly string[]
  /** Environment variables that are ignored, as sentences. */
  readonly doubts: readonly string[]
  /** Whether warnings may be printed. */
  readonly warnings: boolean
}

/** A destination, with its options from all sources. */
export interface GatheredDestination {
  readonly name: string
  /** What is given for it, as each signal sees it. */
  readonly trees: Readonly<Record<Signal, Tree>>
  /** Variables that say what must not reach it, and cannot be read. A signal with such variables is not sent there. */
  readonly unreadable: Readonly<Record<Signal, readonly string[]>>
  /** The same with the defaults. */
  readonly options: Readonly<Record<Signal, CompleteDestination>>
}

/** Whether a destination gets rows of a signal. */
export function takes({ options }: GatheredDestination, signal: Signal): boolean {
  return options[signal].signals?.includes(signal) ?? true
}
