import { EPOCH, type HrTime } from '../values/time.js'
import type { WireReader } from './reader.js'

const NANOS = 1_000_000_000n
// 10^9 = 2^9 · 5^9: nine bits can be left out of the division.
const FIVES = 5 ** 9
const EXACT = 2 ** 30 // with fewer than 62 bits, what is left is below 2^53

/** A time in nanoseconds since 1970, to the nanosecond: as one double it would be rounded to 256 ns. */
export function readNanos(reader: WireReader, end: number): HrTime {
  const low = reader.fixed64(end)
  const high = reader.high
  if (high >= EXACT) return readFar((BigInt(high) << 32n) | BigInt(low))
  if (high === 0 && low === 0) return EPOCH
  const parts = high * 2 ** 23 + (low >>> 9)
  const seconds = Math.floor(parts / FIVES)
  return [seconds, (parts - seconds * FIVES) * 512 + (low & 511)]
}

function readFar(nanos: bigint): HrTime {
  return [Number(nanos / NANOS), Number(nanos % NANOS)]
}
