import type { ServerColumn } from './span-table.js'

/** What a column holds, without how it is stored. */
export interface ColumnType {
  /** Without `LowCardinality` and `Nullable`, e.g. `String`, `DateTime64(9, 'UTC')`. */
  readonly plain: string
  readonly isNullable: boolean
  /** `plain` of the elements of an array. */
  readonly element: string | undefined
}

export function typeOf({ type }: ServerColumn): ColumnType {
  let plain = type.trim()
  let isNullable = false
  for (;;) {
    const wrapped = /^(LowCardinality|Nullable|SimpleAggregateFunction\(\w+,)\s*\(?(.*)\)$/s.exec(
      plain,
    )
    if (!wrapped) break
    if (wrapped[1] === 'Nullable') isNullable = true
    plain = (wrapped[2] ?? '').trim()
  }
  const element = /^Array\((.*)\)$/s.exec(plain)?.[1]
  return {
    plain,
    isNullable,
    element: element === undefined ? undefined : typeOf({ name: '', type: element }).plain,
  }
}

export const isText = (type: string): boolean => /^(String|FixedString\(\d+\))$/.test(type)
export const isEnum = (type: string): boolean => /^Enum(8|16)\(/.test(type)
export const isInteger = (type: string): boolean => /^U?Int\d+$/.test(type)
export const isFloat = (type: string): boolean => /^(Float|Decimal)/.test(type)
export const isDateTime64 = (type: string): boolean => /^DateTime64\(/.test(type)
export const isDateTime = (type: string): boolean => /^DateTime(\(|$)/.test(type)
export const isJson = (type: string): boolean => /^JSON(\(|$)/.test(type)
export const isMap = (type: string): boolean => /^Map\(/.test(type)
/** A map that needs no conversion, so that the indexes on its keys and values can be used. */
export const isTextMap = (type: string): boolean =>
  /^Map\((LowCardinality\(String\)|String), (LowCardinality\(String\)|String)\)$/.test(type)
