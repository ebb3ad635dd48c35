import { type HrTime, readTime } from './time.js'

const ISO =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9})\d{0,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/

/** As `readTime`, and ISO 8601 texts: a date, or a date with a time. Without an offset they are in UTC. */
export function readMoment(value: unknown): HrTime | undefined {
  return readTime(value) ?? readIso(value)
}

export function readIso(text: unknown): HrTime | undefined {
  if (typeof text !== 'string') return undefined
  const [, day, minute = '00:00', second = '00', fraction = '', offset = 'Z'] = ISO.exec(text) ?? []
  if (day === undefined) return undefined
  const zone = offset.length === 5 ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset
  const millis = Date.parse(`${day}T${minute}:${second}${zone}`)
  return Number.isNaN(millis) ? undefined : [millis / 1000, Number(fraction.padEnd(9, '0'))]
}
