import * as types from './column-type.js'
import { plainName } from './names.js'
import type { ServerColumn } from './span-table.js'

/** A column with the expression that reads it, such as `span.service_name`. */
export interface ColumnToRead extends ServerColumn {
  readonly sql: string
}

/** Makes a field's expression of a column; undefined if the column's type does not fit. */
export type Reading = (column: ColumnToRead) => string | undefined

/** A Nullable has no place in a map or a sorting key, and is no text to compare with. */
function withoutNull(column: ColumnToRead, empty: string): string {
  return types.typeOf(column).isNullable ? `ifNull(${column.sql}, ${empty})` : column.sql
}

export const text: Reading = (column) => {
  const { plain } = types.typeOf(column)
  if (plain === 'String') return withoutNull(column, "''")
  const { isNullable } = types.typeOf(column)
  const name = column.sql
  const value = isNullable ? `ifNull(toString(${name}), '')` : `toString(${name})`
  return types.isText(plain) || types.isEnum(plain) ? value : undefined
}

/** An id in hex, stored as text, as UUID, or as a number of bytes. */
const id =
  (bytes: number): Reading =>
  (column) => {
    const { plain } = types.typeOf(column)
    if (plain === 'UUID')
      return `replaceAll(toString(${withoutNull(column, "toUUID('00000000-0000-0000-0000-000000000000')")}), '-', '')`
    return plain === `FixedString(${bytes})`
      ? `lower(hex(${withoutNull(column, "''")}))`
      : text(column)
  }

export const traceId: Reading = id(16)
export const spanId: Reading = id(8)

/** What a line of a log says: as text, or as whatever JSON it is. */
export const body: Reading = (column) => {
  const { plain } = types.typeOf(column)
  if (types.isJson(plain)) return `toString(${withoutNull(column, "'{}'")})`
  return types.isMap(plain) ? `toJSONString(${column.sql})` : text(column)
}

/** 1 to 24 as OTLP numbers them; 0 if it is not known. */
export const severityNumber: Reading = (column) => {
  const { plain } = types.typeOf(column)
  if (!types.isInteger(plain)) return undefined
  const value = withoutNull(column, '0')
  return plain === 'UInt8' ? value : `toUInt8(least(greatest(${value}, 0), 24))`
}

/** Whole seconds: the key of older tables of logs. */
export const seconds: Reading = (column) =>
  types.typeOf(column).plain === 'DateTime' ? withoutNull(column, 'toDateTime(0)') : undefined

const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer']

/** `SERVER`, `Server`, `SPAN_KIND_SERVER` or, as OTLP numbers them, 2. */
export const kind: Reading = (column) => {
  const { plain } = types.typeOf(column)
  if (types.isInteger(plain)) {
    const numbered = KINDS.map((name) => `'${name}'`).join(', ')
    return `arrayElement([${numbered}], toInt32(${withoutNull(column, '0')}) + 1)`
  }
  const value = text(column)
  if (!value) return undefined
  return `replaceRegexpOne(lower(${value}), '^(span_kind_)?(unspecified$)?', '')`
}

/** `ERROR`, `Error`, `STATUS_CODE_ERROR` or, as OTLP numbers them, 2. Whatever else there is counts as unset. */
export const status: Reading = (column) => {
  const { plain } = types.typeOf(column)
  if (types.isInteger(plain))
    return `transform(toInt32(${withoutNull(column, '0')}), [1, 2], ['ok', 'error'], 'unset')`
  const value = knownStatus(column)
  return value && `if(${value} IN ('ok', 'error'), ${value}, 'unset')`
}

/** For tables that have no other texts: shorter, because people read the queries. */
export const knownStatus: Reading = (column) => {
  const value = text(column)
  return value && `replaceOne(lower(${value}), 'status_code_', '')`
}

/** The column itself where possible: only then can parts and granules be left out by their times. */
export const time: Reading = (column) => {
  const { plain } = types.typeOf(column)
  if (types.isDateTime64(plain)) return withoutNull(column, "toDateTime64(0, 9, 'UTC')")
  if (types.isDateTime(plain)) return `toDateTime64(${withoutNull(column, 'toDateTime(0)')}, 6)`
  const isNanoseconds = /(ns|nano|nanos)$/.test(plainName(column.name))
  return types.isInteger(plain) && isNanoseconds
    ? `fromUnixTimestamp64Nano(toInt64(${withoutNull(column, '0')}))`
    : undefined
}

const UNITS_NS = [
  [/(ms|millis)$/, 1_000_000],
  [/(us|micros)$/, 1000],
] as const

/** Whole nanoseconds, unless the name says another unit. */
export const duration: Reading = (column) => {
  const { plain } = types.typeOf(column)
  if (!types.isInteger(plain) && !types.isFloat(plain)) return undefined
  const value = withoutNull(column, '0')
  const unit = UNITS_NS.find(([name]) => name.test(plainName(column.name)))?.[1]
  if (unit) return `toUInt64(round(greatest(${value}, 0) * ${unit}))`
  if (plain === 'UInt64') return value
  return types.isInteger(plain) ? `toUInt64(greatest(${value}, 0))` : undefined
}

const MAP = "'Map(String, String)'"
/** Deeper paths of a JSON column have an empty value. */
const JSON_DEPTH = 8

/** A JSON column's paths as the keys of a map. */
function mapOfJson(json: string): string {
  const cases = Array.from({ length: JSON_DEPTH }, (_, depth) => {
    const steps = Array.from({ length: depth + 1 }, (_, step) => `path[${step + 1}]`)
    return `length(path) = ${depth + 1}, JSONExtractRaw(toString(${json}), ${steps.join(', ')})`
  })
  const raws = `arrayMap(path -> multiIf(${cases.join(', ')}, ''), arrayMap(path -> splitByChar('.', path), JSONAllPaths(${json})))`
  return `CAST(mapFromArrays(JSONAllPaths(${json}), arrayMap(raw -> ${unquoted('raw')}, ${raws})), ${MAP})`
}

const unquoted = (raw: string) => `if(startsWith(${raw}, '"'), JSONExtractString(${raw}), ${raw})`

function mapOfText(value: string): string {
  const pairs = `JSONExtractKeysAndValuesRaw(${value})`
  return `CAST(arrayMap(pair -> (pair.1, ${unquoted('pair.2')}), ${pairs}), ${MAP})`
}

function mapOf(value: string, plain: string): string | undefined {
  if (types.isTextMap(plain)) return value
  if (types.isMap(plain)) return `CAST(${value}, ${MAP})`
  if (types.isJson(plain)) return mapOfJson(value)
  return plain === 'String' ? mapOfText(value) : undefined
}

export const map: Reading = (column) => mapOf(withoutNull(column, "''"), types.typeOf(column).plain)

export const times: Reading = (column) => {
  const { element = '' } = types.typeOf(column)
  const name = column.sql
  if (types.isDateTime64(element)) return name
  return types.isDateTime(element) ? `arrayMap(time -> toDateTime64(time, 6), ${name})` : undefined
}

export const texts: Reading = (column) => {
  const { element = '' } = types.typeOf(column)
  const name = column.sql
  if (element === 'String') return name
  return types.isText(element) || types.isEnum(element)
    ? `arrayMap(item -> toString(item), ${name})`
    : undefined
}

export const maps: Reading = (column) => {
  const { element = '' } = types.typeOf(column)
  const name = column.sql
  if (types.isTextMap(element)) return name
  const item = mapOf('item', element)
  return item && `arrayMap(item -> ${item}, ${name})`
}
