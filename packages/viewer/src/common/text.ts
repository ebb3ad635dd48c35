/** A duration in nanoseconds as text of three digits: "340 ns", "12.4 µs", "1.24 ms", "2.50 s", "3 m 12 s", "2 h 5 m". */
export function durationText(ns: number): string {
  if (!Number.isFinite(ns)) return '–'
  if (ns < 0) return `−${durationText(-ns)}`
  if (ns < 1000) return `${Math.round(ns)} ns`
  // The limits are where rounding to three digits would reach the next unit.
  if (ns < 999_500) return `${threeDigits(ns / 1e3)} µs`
  if (ns < 999_500_000) return `${threeDigits(ns / 1e6)} ms`
  const seconds = ns / 1e9
  if (seconds < 59.95) return `${threeDigits(seconds)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${whole % 60} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} m`
  return seconds < MOST_SECONDS ? `${threeDigits(seconds / 86400)} d` : '> 27 y'
}

/** Longer than any trace: the number is wrong, and would not fit. */
const MOST_SECONDS = 9999 * 86400

function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0)
  if (value >= 9.995) return value.toFixed(1)
  return value.toFixed(2)
}

/** 1234567 as "1,234,567". */
export function countText(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** A count for a narrow place: "940", "1.2k", "36k", "4.1M". */
export function shortCount(count: number): string {
  if (count < 1000) return `${Math.round(count)}`
  const [value, unit] = count < 999_500 ? [count / 1e3, 'k'] : [count / 1e6, 'M']
  return `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)}${unit}`
}

/** "1 span", "1,204 spans". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`
}

/** A rate in events a second: "12.4/s", "3.1/min" if it is rare. */
export function rateText(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return '–'
  if (perSecond === 0) return '0/s'
  if (perSecond >= 0.995)
    return `${perSecond >= 1000 ? shortCount(perSecond) : threeDigits(perSecond)}/s`
  if (perSecond * 60 >= 0.1) return `${threeDigits(perSecond * 60)}/min`
  return `${threeDigits(perSecond * 3600)}/h`
}

/** A share from 0 to 1: "0%", "0.4%", "12%". "<0.1%" is not nothing. */
export function percentText(share: number): string {
  if (!Number.isFinite(share)) return '–'
  const percent = share * 100
  if (percent === 0) return '0%'
  if (percent < 0.1) return '<0.1%'
  return `${percent < 9.95 ? Number(percent.toFixed(1)) : percent.toFixed(0)}%`
}

/** How long ago: "now", "12 s ago", "4 m ago", "3 h ago", "2 d ago"; "in 4 s" for a clock that is ahead of ours. */
export function agoText(us: number, nowUs: number): string {
  const seconds = Math.round((nowUs - us) / 1e6)
  if (!Number.isFinite(seconds)) return '–'
  if (seconds < -1) return `in ${spanOfTime(-seconds)}`
  return seconds < 2 ? 'now' : `${spanOfTime(seconds)} ago`
}

function spanOfTime(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m`
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h`
  return seconds < MOST_SECONDS * 3 ? `${Math.floor(seconds / 86400)} d` : '> 82 y'
}

const two = (value: number): string => `${value}`.padStart(2, '0')

/** The local time of day: "14:03:07.120". */
export function clockText(us: number): string {
  const date = new Date(Math.floor(us / 1000))
  const ms = `${date.getMilliseconds()}`.padStart(3, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`
}

/** Local date and time: "2026-11-28 14:03:07.120". */
export function dateTimeText(us: number): string {
  return `${dateText(us)} ${clockText(us)}`
}

/** The local date: "2026-11-28". */
export function dateText(us: number): string {
  const date = new Date(us / 1000)
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
