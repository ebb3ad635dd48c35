import type { Signal } from '../declared/fields.js'
import type { DescribedColumn } from './description.js'
import { TELLING } from './spellings.js'
import { withoutUnit, wordsOf } from './words.js'

/** Whose records a table is for, by the columns that only records of one signal fill. Undefined if none has more of them than the others. */
export function signalOf(columns: readonly DescribedColumn[]): Signal | undefined {
  const names = columns.map(({ name }) => withoutUnit(wordsOf(name)).words.join(''))
  const found = (Object.keys(TELLING) as Signal[])
    .map((signal) => ({ signal, count: names.filter((name) => TELLING[signal].has(name)).length }))
    .sort((a, b) => b.count - a.count)
  const [first, second] = found
  return first && first.count > (second?.count ?? 0) ? first.signal : undefined
}
