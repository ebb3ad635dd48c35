/**
 * The seed of this run: `SPANHOUSE_SEED`, or always the same, so that `npm test` says the same of the same code. New ones are
 * tried by `npm run test:long`. What fails prints it.
 */
export const SEED: number = Number(process.env['SPANHOUSE_SEED'] || 1)

/** Numbers that follow from a seed, so that faults can be repeated. */
export interface Random {
  /** From 0 up to 1, without 1. */
  fraction(): number
  /** From `low` to `high`, both included. */
  between(low: number, high: number): number
  pick<T>(from: readonly T[]): T
  chance(probability: number): boolean
  shuffled<T>(list: readonly T[]): T[]
}

export function randomOf(seed: number): Random {
  let state = seed >>> 0
  // mulberry32
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (low: number, high: number) => low + Math.floor(fraction() * (high - low + 1))
  return {
    fraction,
    between,
    pick(from) {
      if (from.length === 0) throw new Error('nothing to pick from')
      return from[between(0, from.length - 1)] as never
    },
    shuffled: (list) =>
      list
        .map((one) => [fraction(), one] as const)
        .sort(([a], [b]) => a - b)
        .map(([, one]) => one),
    chance: (probability) => fraction() < probability,
  }
}
