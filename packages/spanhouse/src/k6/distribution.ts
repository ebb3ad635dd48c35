import { newSketch, type Sketch } from './sketch.js'

/** How many values all distributions of a run may keep together, eight bytes each. */
export interface Budget {
  values: number
}

/** Values whose percentiles are asked for. */
export interface Distribution {
  add(value: number): void
  /** The value at this share (0 to 1) of the sorted values, interpolated between two of them as k6 does. 0 if there are no values. */
  at(share: number): number
  /** Whether it keeps every value. Otherwise percentiles may be 1 % off. */
  readonly isExact: boolean
}

const FIRST_ROOM = 1024

/** Keeps every value while the budget lasts, and then only how many there are of each size. */
export function newDistribution(budget: Budget): Distribution {
  let values = new Float64Array(0)
  let count = 0
  let isSorted = true
  let sketch: Sketch | undefined

  function grow(): boolean {
    const room = Math.max(FIRST_ROOM, values.length)
    if (room > budget.values) return false
    budget.values -= room
    const larger = new Float64Array(values.length + room)
    larger.set(values)
    values = larger
    return true
  }

  function toSketch(): Sketch {
    const made = newSketch()
    for (const value of values.subarray(0, count)) made.add(value)
    budget.values += values.length
    values = new Float64Array(0)
    return made
  }

  return {
    get isExact() {
      return sketch === undefined
    },
    add(value) {
      if (!sketch && count === values.length && !grow()) sketch = toSketch()
      if (sketch) return sketch.add(value)
      values[count++] = value
      isSorted = false
    },
    at(share) {
      if (sketch) return sketch.at(share)
      if (count === 0) return 0
      const sorted = values.subarray(0, count)
      if (!isSorted) sorted.sort()
      isSorted = true
      const place = share * (count - 1)
      const below = sorted[Math.floor(place)] ?? 0
      const above = sorted[Math.ceil(place)] ?? below
      return below + (above - below) * (place - Math.floor(place))
    },
  }
}
