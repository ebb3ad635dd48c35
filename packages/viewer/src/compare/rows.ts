import type { ComparedOperation, Comparison } from '@spanhouse/queries'

export type Order = 'tree' | 'difference'

export interface Shown {
  readonly order: Order
  /** Leaves out what hardly differs. */
  readonly onlyDifferent: boolean
}

/** Operations differ if one trace does not have them or has another number of them, or if their times differ by a tenth. */
export function differs({ a, b, differenceNs }: ComparedOperation): boolean {
  if (!a || !b || a.count !== b.count || a.errors !== b.errors) return true
  return Math.abs(differenceNs) > 0.1 * Math.max(a.totalNs, b.totalNs)
}

/** The operations as they are listed. In the order of the tree, what leads to one that differs stays. */
export function comparedRows(
  { operations }: Comparison,
  { order, onlyDifferent }: Shown,
): readonly ComparedOperation[] {
  if (order === 'difference')
    return operations
      .filter((operation) => !onlyDifferent || differs(operation))
      .sort((x, y) => Math.abs(y.differenceNs) - Math.abs(x.differenceNs))
  if (!onlyDifferent) return operations
  const rows: ComparedOperation[] = []
  let neededDepth = -1
  // From the end: whether something below is kept is known before what it is in.
  for (const operation of operations.toReversed()) {
    if (!differs(operation) && operation.depth !== neededDepth) continue
    rows.push(operation)
    neededDepth = operation.depth - 1
  }
  return rows.reverse()
}

/** `+40%`, `×3.2`, empty if nothing can be said. */
export function changeText(fromNs: number, toNs: number): string {
  if (fromNs <= 0 || toNs < 0) return ''
  const ratio = toNs / fromNs
  if (ratio >= 3) return `×${ratio >= 100 ? Math.round(ratio) : ratio.toFixed(1)}`
  const percent = Math.round((ratio - 1) * 100)
  return percent === 0 ? '±0%' : `${percent > 0 ? '+' : '−'}${Math.abs(percent)}%`
}

/** A duration with its sign. */
export function signed(text: string, ns: number): string {
  if (ns === 0) return '±0'
  return ns > 0 ? `+${text}` : `−${text}`
}
