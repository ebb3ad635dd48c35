import type { Missing } from './difference.js'

/** Rows that are copied together. */
export interface Step {
  readonly hashes: readonly string[]
  /** How often each of them is to be there afterwards: once if rows have an identity, else as often as on the other server. */
  readonly times: number
}

const MAX_ROWS = 2000
const MAX_BYTES = 8 * 1024 * 1024

/** Bounded in rows and in bytes. The same rows always make the same steps. */
export function stepsIn(missing: readonly Missing[], hasIdentity: boolean): readonly Step[] {
  const steps: Step[] = []
  const timesOf = (one: Missing) => (hasIdentity ? 1 : one.rows)
  const sorted = [...missing].sort((x, y) => timesOf(x) - timesOf(y) || (x.hash < y.hash ? -1 : 1))
  let hashes: string[] = []
  let times = 0
  let rows = 0
  let bytes = 0
  const end = () => {
    if (hashes.length > 0) steps.push({ hashes, times })
    hashes = []
    rows = 0
    bytes = 0
  }
  for (const one of sorted) {
    const size = one.bytes * one.lacks
    if (timesOf(one) !== times || rows + one.lacks > MAX_ROWS || bytes + size > MAX_BYTES) end()
    times = timesOf(one)
    hashes.push(one.hash)
    rows += one.lacks
    bytes += size
  }
  end()
  return steps
}
