import { readMoment } from './iso-time.js'
import type { HrTime } from './time.js'

/** What a column of numbers counts. */
export type TimeUnit = 's' | 'ms' | 'us' | 'ns'

export const NANOS_IN: Readonly<Record<TimeUnit, number>> = { s: 1e9, ms: 1e6, us: 1e3, ns: 1 }

/** Counts a time (since 1970), or a duration given in nanoseconds, in a unit. `whole`: rounded down. Any other value stays as it is. */
export function inUnit(value: unknown, unit: TimeUnit, whole: boolean): unknown {
  const nanos = NANOS_IN[unit]
  if (typeof value === 'number') return whole ? Math.floor(value / nanos) : value / nanos
  const time: HrTime | undefined = readMoment(value)
  if (time === undefined) return value
  const exact = BigInt(time[0]) * 1_000_000_000n + BigInt(time[1])
  return whole ? floorDivided(exact, BigInt(nanos)) : Number(exact) / nanos
}

function floorDivided(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient
}
