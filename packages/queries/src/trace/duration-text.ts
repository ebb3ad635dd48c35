const UNITS = [
  ['ns', 1],
  ['µs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
] as const

const MINUTE_NS = 60e9
const LONG_UNITS = [
  ['d', 'h', 24 * 60 * MINUTE_NS, 60 * MINUTE_NS],
  ['h', 'min', 60 * MINUTE_NS, MINUTE_NS],
  ['min', 's', MINUTE_NS, 1e9],
] as const

/** Nanoseconds as text with three digits: `1.24 ms`, `850 ns`, `59.9 s`, `2 min 5 s`, `3 d 4 h`. Anything but a number is `–`. */
export function nsText(ns: number): string {
  if (!Number.isFinite(ns)) return '–'
  if (ns < 0) return `-${nsText(-ns)}`
  for (const [unit, size] of UNITS) {
    // What rounds to 1000, or to 60 s, is written in the next unit.
    const digits = unit === 'ns' ? String(Math.round(ns)) : threeDigits(ns / size)
    if (Number(digits) < (unit === 's' ? 60 : 1000)) return `${digits} ${unit}`
  }
  for (const [unit, part, size, partSize] of LONG_UNITS) {
    const parts = Math.round(ns / partSize)
    const perUnit = size / partSize
    if (parts < perUnit) continue
    const rest = parts % perUnit
    return `${Math.floor(parts / perUnit)} ${unit}${rest === 0 ? '' : ` ${rest} ${part}`}`
  }
  return threeDigits(ns / 1e9)
}

function threeDigits(value: number): string {
  const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
  return value.toFixed(digits)
}
