import type { RequestCount } from './stats.js'

type Answered = [signal: RequestCount['signal'], protocol: RequestCount['protocol'], status: number]

/** Counts the requests for records by their answers. */
export interface Counts {
  answered(...of: Answered): void
  readonly all: readonly RequestCount[]
}

export function newCounts(): Counts {
  const counts = new Map<string, { -readonly [Key in keyof RequestCount]: RequestCount[Key] }>()
  return {
    answered(signal, protocol, status) {
      const key = `${signal} ${protocol} ${status}`
      const count = counts.get(key) ?? { signal, protocol, status, requests: 0 }
      count.requests++
      counts.set(key, count)
    },
    get all() {
      return [...counts.values()].map((one) => ({ ...one }))
    },
  }
}
