import { ID_FIELDS, PARTS, TIME_FIELDS } from '../declared/fields.js'
import type { TimeUnit } from '../values/in-unit.js'
import { type Held, isNumber } from './held.js'

/** Whether a field can be written to a column: how, or why not. */
export type Fit =
  | { readonly unit?: TimeUnit; readonly guess?: string }
  | { readonly why: string; readonly instead?: string }

const FITS = {}

const NAMES: Readonly<Record<string, readonly string[]>> = {
  kind: ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'],
  status: ['UNSET', 'OK', 'ERROR'],
}

/** Why a column of integers cannot be mapped to these fields, and a `value` that may be what is meant. */
const NUMBERED: Readonly<Record<string, { readonly why: string; readonly instead: string }>> = {
  kind: {
    why: 'OTLP counts kinds from 1 and JavaScript from 0',
    instead: 'value: (span) => span.kind + 1',
  },
  status: {
    why: 'a number may be the status of the span, or of HTTP',
    instead: 'value: (span) => span.status.code',
  },
}

const NUMBERS = new Set([
  'severityNumber',
  'traceFlags',
  'temporality',
  'value',
  'count',
  'sum',
  'min',
  'max',
  'flags',
  'quantile',
])

/** How a field fits into a column that can hold `held`. `unit`: the unit that the name of the column says. */
export function fitOf(field: string, held: Held, unit: TimeUnit | undefined): Fit {
  const [list = '', part] = field.split('.')
  if (part !== undefined)
    return held.what === 'list' ? fitOf(part, held.of, unit) : { why: `${field} needs an Array` }
  if (TIME_FIELDS.has(field)) return fitOfTime(field, held, unit)
  if (ID_FIELDS.has(field)) return fitOfId(field, held)
  if (Object.hasOwn(PARTS, field)) return fitOfList(list as keyof typeof PARTS, held)
  if (/attributes$/i.test(field))
    return ['texts by text', 'json'].includes(held.what)
      ? FITS
      : { why: 'attributes need a Map of texts or JSON' }
  if (field === 'isMonotonic')
    return ['bool', 'integer'].includes(held.what) ? FITS : { why: `${field} is true or false` }
  if (field === 'bounds' || field === 'bucketCounts')
    return held.what === 'list' && isNumber(held.of) ? FITS : { why: `${field} are numbers` }
  if (NUMBERS.has(field)) return isNumber(held) ? FITS : { why: `${field} is a number` }
  const names = NAMES[field]
  return names ? fitOfName(field, names, held) : fitOfText(field, held)
}

function fitOfText(field: string, held: Held): Fit {
  const isText = held.what === 'text' || held.what === 'fixed text'
  return isText ? FITS : { why: `${field} is a text` }
}

function fitOfName(field: string, names: readonly string[], held: Held): Fit {
  if (held.what === 'names') {
    const missing = names.filter((name) => !held.names.has(name))
    return missing.length === 0 ? FITS : { why: `the Enum lacks ${missing.join(', ')}` }
  }
  return (held.what === 'integer' ? NUMBERED[field] : undefined) ?? fitOfText(field, held)
}

function fitOfId(field: string, held: Held): Fit {
  const digits = field === 'traceId' ? 32 : 16
  if (held.what === 'text' || (held.what === 'uuid' && field === 'traceId')) return FITS
  if (held.what === 'fixed text' && held.length >= digits) return FITS
  return { why: `an id is a text of ${digits} hex digits` }
}

function fitOfTime(field: string, held: Held, unit: TimeUnit | undefined): Fit {
  const isDuration = field === 'duration'
  if (held.what === 'time') return isDuration ? { why: 'a duration is no point in time' } : FITS
  if (!isNumber(held)) return { why: isDuration ? 'a duration is a number' : `${field} is a time` }
  if (unit !== undefined) return unit === 'ns' ? FITS : { unit }
  if (isDuration && held.what === 'integer')
    return { guess: 'nanoseconds, as the name says no unit' }
  return { why: 'its name does not say its unit', instead: `field: '${field}', unit: 'ms'` }
}

function fitOfList(list: keyof typeof PARTS, held: Held): Fit {
  if (held.what === 'json') return { why: 'one object cannot hold a list' }
  if (held.what !== 'list') return { why: `${list} is a list of objects` }
  if (held.of.what === 'json') return FITS
  if (held.of.what !== 'tuple') return { why: `the items of ${list} are objects` }
  const has: readonly string[] = PARTS[list]
  const others = held.of.parts.filter((part) => !has.includes(part))
  return others.length === 0
    ? FITS
    : {
        why: `the items of ${list} have ${has.join(', ')}, and not ${others.map((part) => part || 'an element without a name').join(', ')}`,
      }
}
