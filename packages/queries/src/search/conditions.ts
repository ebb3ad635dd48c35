import type { SpanTable } from '../table/span-table.js'
import type { AttributeCondition, Search } from './search.js'
import { all, type Sql } from './sql.js'
import { inTimeRange } from './time-range.js'

/** What a span must fulfil, as an expression of SQL over `span`. */
export function conditions(table: SpanTable, search: Search): Sql {
  const { fields } = table
  const { services, operation, kind, status, minNs, maxNs, attributes = [], text = [] } = search
  return all([
    inTimeRange(table, search),
    services && services.length > 0 ? oneOf(fields.service, services) : undefined,
    equals(fields.name, 'operation', operation),
    equals(fields.kind, 'kind', kind),
    equals(fields.status, 'status', status),
    compare(fields.durationNs, '>=', 'min_ns', minNs),
    compare(fields.durationNs, '<=', 'max_ns', maxNs),
    search.traceId === undefined ? undefined : traceIs(fields.traceId, search.traceId),
    ...attributes.map((condition, index) => attribute(table, condition, index)),
    ...text.map((word, index) => anywhere(table, word, index)),
  ])
}

function equals(field: string, name: string, value: string | undefined): Sql | undefined {
  if (value === undefined) return undefined
  return { sql: `${field} = {${name}:String}`, parameters: { [name]: value } }
}

// A parameter for each: lists are written in another way by every client.
export function oneOf(field: string, values: readonly string[]): Sql {
  return {
    sql: `${field} IN (${values.map((_, index) => `{service_${index}:String}`).join(', ')})`,
    parameters: Object.fromEntries(values.map((value, index) => [`service_${index}`, value])),
  }
}

const MAX_NS = 2 ** 63

function compare(field: string, op: string, name: string, ns: number | undefined): Sql | undefined {
  if (ns === undefined || Number.isNaN(ns)) return undefined
  const whole = Math.min(Math.max(Math.round(ns), 0), MAX_NS)
  // Digits, never an exponent.
  return {
    sql: `${field} ${op} {${name}:UInt64}`,
    parameters: { [name]: BigInt(whole).toString() },
  }
}

/** A whole id is compared as such, so that its index is used. */
export function traceIs(field: string, id: string): Sql {
  return {
    sql: id.length >= 32 ? `${field} = {trace:String}` : `startsWith(${field}, {trace:String})`,
    parameters: { trace: id },
  }
}

/** A table of spans or of logs. */
interface WithAttributes {
  readonly fields: { readonly attributes: string; readonly resource: string }
}

/** Of the span, or of the line of a log, or of its resource. */
export function attribute(
  { fields }: WithAttributes,
  condition: AttributeCondition,
  index: number,
): Sql {
  const { key, op, value } = condition
  const [keyName, valueName] = [`key_${index}`, `value_${index}`]
  const places = [fields.attributes, fields.resource]
  const either = (test: (place: string) => string) => `(${places.map(test).join(' OR ')})`
  // A key that is missing reads as an empty text.
  const has = (place: string) => `mapContains(${place}, {${keyName}:String})`
  const read = (place: string) => `${place}[{${keyName}:String}]`
  const equal = (place: string) =>
    value === ''
      ? `(${has(place)} AND ${read(place)} = {${valueName}:String})`
      : `${read(place)} = {${valueName}:String}`
  const parameters = { [keyName]: key, ...(op !== 'exists' && { [valueName]: value }) }
  if (op === 'exists') return { sql: either(has), parameters }
  if (op === '=') return { sql: either(equal), parameters }
  if (op === '!=') return { sql: `(${either(has)} AND NOT ${either(equal)})`, parameters }
  const contains = (place: string) =>
    `(${has(place)} AND ${holds(read(place), `{${valueName}:String}`)})`
  return { sql: either(contains), parameters }
}

export const holds = (text: string, word: string) =>
  `positionCaseInsensitiveUTF8(${text}, ${word}) > 0`

/** Fewer digits begin too many ids: the word `a` would find every sixteenth trace. */
const BEGINS_ID = /^[0-9a-f]{4,32}$/i

function anywhere({ fields }: SpanTable, text: string, index: number): Sql {
  const word = `{word_${index}:String}`
  const inValues = (map: string) =>
    `arrayExists(value -> ${holds('value', word)}, mapValues(${map}))`
  const tests = [
    holds(fields.name, word),
    holds(fields.statusMessage, word),
    inValues(fields.attributes),
    inValues(fields.resource),
    ...(BEGINS_ID.test(text) ? [`startsWith(${fields.traceId}, lower(${word}))`] : []),
  ]
  return { sql: `(${tests.join('\n    OR ')})`, parameters: { [`word_${index}`]: text } }
}
