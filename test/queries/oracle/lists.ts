import type { ModelSpan } from '../kit/model.js'

/** As the server orders texts. */
export const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

export type Key<Row> = (row: Row) => number | string

/** Numbers descending, texts ascending: the order of every query. */
export function ordered<Row>(rows: readonly Row[], ...keys: Key<Row>[]): Row[] {
  return [...rows].sort((a, b) => {
    for (const key of keys) {
      const [x, y] = [key(a), key(b)]
      const order = typeof x === 'number' ? Number(y) - x : byBytes(x, String(y))
      if (order !== 0) return order
    }
    return 0
  })
}

export function grouped<Row>(rows: readonly Row[], key: (row: Row) => unknown): Row[][] {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const name = JSON.stringify(key(row))
    groups.set(name, [...(groups.get(name) ?? []), row])
  }
  return [...groups.values()]
}

export const most = (numbers: readonly number[]) =>
  numbers.reduce((a, b) => Math.max(a, b), -Infinity)
export const least = (numbers: readonly number[]) =>
  numbers.reduce((a, b) => Math.min(a, b), Infinity)
export const errorsIn = (spans: readonly ModelSpan[]) =>
  spans.filter(({ status }) => status === 'error').length

/** Interpolated, as `quantile()` does with few values. */
export function quantile(level: number, values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const at = level * (sorted.length - 1)
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  return low === undefined || high === undefined ? undefined : low + (high - low) * (at % 1)
}
