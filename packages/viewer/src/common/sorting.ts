import { byText } from './order.js'

export interface Sorting {
  readonly key: string
  readonly descending: boolean
}

export type SortValue = number | string | null | undefined

/** The sorting of an address: "p95", or "-p95" for descending. */
export function sortingOf(text: string, known: readonly string[], otherwise: Sorting): Sorting {
  const descending = text.startsWith('-')
  const key = descending ? text.slice(1) : text
  return known.includes(key) ? { key, descending } : otherwise
}

export function sortingText({ key, descending }: Sorting): string {
  return descending ? `-${key}` : key
}

/** A new list. Rows that are equal keep their order, and those without a value come last in either direction. */
export function sorted<Row>(
  rows: readonly Row[],
  of: (row: Row) => SortValue,
  descending: boolean,
): Row[] {
  const sign = descending ? -1 : 1
  return [...rows].sort((a, b) => {
    const [left, right] = [of(a) ?? null, of(b) ?? null]
    if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1
    if (typeof left === 'number' && typeof right === 'number') return sign * (left - right)
    return sign * byText(`${left}`, `${right}`)
  })
}
