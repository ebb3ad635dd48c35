import type { Level } from '../check.js'
import type { Section } from '../examine.js'

export type Counts = Readonly<Record<Level, number>>

export function countsOf(sections: readonly Section[]): Counts {
  const counts = { ok: 0, warning: 0, problem: 0, skipped: 0 }
  for (const { findings } of sections) for (const { level } of findings) counts[level]++
  return counts
}

/** 0: all is well. 1: there are warnings. 2: there are problems. */
export function exitCodeOf({ warning, problem }: Counts): 0 | 1 | 2 {
  return problem > 0 ? 2 : warning > 0 ? 1 : 0
}
