import { readIso, readMoment } from '../values/iso-time.js'
import { clampTime, type HrTime, readTime, writeTime } from '../values/time.js'
import { writeNine, writeTen } from '../writing/digits.js'
import type { Kind } from './kind.js'

const MAX_SECONDS = 4_294_967_295 // of DateTime, in 2106
const SECONDS_A_DAY = 86_400

const QUOTE = 0x22

/** DateTime (precision 0) and DateTime64, as quoted seconds: the only form that is read the same under every session time zone and parser setting. */
export function dateTime(precision: number): Kind {
  const clamp = precision === 0 ? clampToSeconds : clampTime
  const digits = precision === 0 ? '' : `.${'0'.repeat(Math.min(precision, 9))}`
  return {
    empty: `"0000000000${digits}"`,
    ...(precision === 9 && { form: 'time' as const }),
    write(value, { out, tally }) {
      const time = readTime(value) ?? readIso(value)
      if (time === undefined) return false
      const clamped = clamp(time)
      if (clamped !== time) tally.clampedTimes++
      out.byte(QUOTE)
      writeTime(out, clamped, Math.min(precision, 9))
      out.byte(QUOTE)
      return true
    },
  }
}

/**
 * A time that a DateTime and a DateTime64(9) can both be given: as quoted nanoseconds with nineteen digits, to the end of DateTime in 2106.
 * A DateTime takes the seconds of it. This form needs `date_time_input_format=best_effort`.
 */
export const eitherTime: Kind = {
  empty: `"${'0'.repeat(19)}"`,
  write(value, { out, tally }) {
    const time = readMoment(value)
    if (time === undefined) return false
    const clamped = clampToSeconds(time)
    if (clamped !== time) tally.clampedTimes++
    out.byte(QUOTE)
    writeTen(out, clamped[0])
    writeNine(out, clamped[1])
    out.byte(QUOTE)
    return true
  },
}

/** 1970-01-01 … 2149-06-06 */
export const date: Kind = dateWithin(0, 65_535)
/** 1900-01-01 … 2299-12-31 */
export const date32: Kind = dateWithin(-25_567, 120_529)

function dateWithin(first: number, last: number): Kind {
  return {
    empty: '"1970-01-01"',
    write(value, encoding) {
      const time = readMoment(value)
      if (time === undefined) return false
      const day = Math.floor(time[0] / SECONDS_A_DAY)
      const nearest = Math.max(first, Math.min(last, day))
      if (nearest !== day) encoding.tally.clampedTimes++
      encoding.out.text(`"${new Date(nearest * SECONDS_A_DAY * 1000).toISOString().slice(0, 10)}"`)
      return true
    },
  }
}

export function clampToSeconds(time: HrTime): HrTime {
  const storable = clampTime(time)
  return storable[0] > MAX_SECONDS ? [MAX_SECONDS, 0] : storable
}
