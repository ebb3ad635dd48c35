import type { Signal } from '../declared/fields.js'
import type { DescribedColumn } from './description.js'
import { isTelling } from './spellings.js'
import { withoutUnit, wordsOf } from './words.js'

const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics']

/** The signal that has the most telling columns: those that only its records can fill. Undefined if no signal has more than the others. */
export function signalOf(columns: readonly DescribedColumn[]): Signal | undefined {
  const names = columns.map(({ name }) => withoutUnit(wordsOf(name)).words)
  const found = SIGNALS.map((signal) => ({
    signal,
    count: names.filter((name) => isTelling(name, signal)).length,
  })).sort((a, b) => b.count - a.count)
  const [first, second] = found
  return first && first.count > (second?.count ?? 0) ? first.signal : undefined
}
