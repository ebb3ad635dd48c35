/** How many values there are of each size, in buckets whose ends are 2 % apart: a percentile is at most 1 % off. */
export interface Sketch {
  add(value: number): void
  /** The value at this share (0 to 1) of the sorted values. 0 if there are no values. */
  at(share: number): number
}

const ERROR = 0.01
const GROWTH = Math.log((1 + ERROR) / (1 - ERROR))

/** Its buckets cover all doubles, so there are at most 73,000 for each sign, however many values there are. */
export function newSketch(): Sketch {
  const positive = new Map<number, number>()
  const negative = new Map<number, number>()
  let zeros = 0
  let count = 0
  return {
    add(value) {
      count++
      if (value > 0) increment(positive, value)
      else if (value < 0) increment(negative, -value)
      else zeros++
    },
    at(share) {
      let left = share * (count - 1)
      for (const [value, number] of bucketsOf(negative, zeros, positive)) {
        left -= number
        if (left < 0) return value
      }
      return 0
    },
  }
}

function increment(buckets: Map<number, number>, size: number): void {
  const bucket = Math.ceil(Math.log(Math.min(size, Number.MAX_VALUE)) / GROWTH)
  buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1)
}

/** Values and how many there are, in order. */
function bucketsOf(
  negative: ReadonlyMap<number, number>,
  zeros: number,
  positive: ReadonlyMap<number, number>,
): (readonly [value: number, count: number])[] {
  const middle = (bucket: number) => (2 * Math.exp(bucket * GROWTH)) / (1 + Math.exp(GROWTH))
  const sorted = (buckets: ReadonlyMap<number, number>) => [...buckets].sort(([a], [b]) => a - b)
  return [
    ...sorted(negative)
      .reverse()
      .map(([bucket, count]) => [-middle(bucket), count] as const),
    [0, zeros],
    ...sorted(positive).map(([bucket, count]) => [middle(bucket), count] as const),
  ]
}
