import { filledIn, literal } from '../ask/copyable.js'
import type { Query } from '../ask/query.js'
import type { Parameter } from '../search/sql.js'

// Stand-ins for what the viewer of a dashboard chooses. Questions get them as parameters, and `grafanaSql` replaces them by macros of the
// ClickHouse data source and variables of the dashboard.

const FROM_US = 1e15
const TO_US = 2e15
/** Questions look a few hours beyond the range at most. */
const NEAR_US = 1e11

/** The time range of the dashboard. */
export const RANGE: { readonly fromUs: number; readonly toUs: number } = {
  fromUs: FROM_US,
  toUs: TO_US,
}
/** The service in the variable `service`. */
export const SERVICE = 'the variable service'
/** The trace in the variable `trace`. */
export const TRACE = 'the variable trace'

/** The table in a variable. */
export const tableIn = (variable: string): { database: string; table: string } => ({
  database: 'the variable',
  table: variable,
})
const TABLE_IN = /`the variable`\.`(\w+)`/g

/**
 * A variable as SQL. It is safe only if it is percent-encoded: names in telemetry contain quotes and backslashes, and the formats of Grafana for SQL
 * escape only quotes.
 */
export const textIn = (variable: string): string =>
  `decodeURLComponent('\${${variable}:percentencode}')`

function textChosen(value: Parameter): string | undefined {
  if (value === SERVICE) return textIn('service')
  // No trace has the id `none`, but log lines outside of traces have the id ''.
  if (value === TRACE) return `ifNull(nullIf(lower(trim(${textIn('trace')})), ''), 'none')`
  return undefined
}

/** A question as SQL for a panel. */
export function grafanaSql(query: Query<unknown>): string {
  return filledIn(query, chosen)
    .replace(/^\/\* spanhouse: .*? \*\/\n/, '')
    .replaceAll(/fromUnixTimestamp64Micro\(toUnixTimestamp64Micro\((\S+?)\)\)/g, '$1')
    .replaceAll(TABLE_IN, '$${$1}')
}

function chosen(value: Parameter, type: string): string {
  return (
    boundary(value, FROM_US, '$__fromTime_ms') ??
    boundary(value, TO_US, '$__toTime_ms') ??
    textChosen(value) ??
    literal(value, type)
  )
}

function boundary(value: Parameter, boundUs: number, macro: string): string | undefined {
  const beyondUs = Number(value) - boundUs
  if (typeof value !== 'number' || Math.abs(beyondUs) > NEAR_US) return undefined
  const us = `toUnixTimestamp64Micro(${macro})`
  if (beyondUs === 0) return us
  return `${us} ${beyondUs < 0 ? '-' : '+'} ${Math.abs(beyondUs)}`
}

/** Asks about every service if the variable `service` is All: the data source then leaves the condition out. */
export function orAnyService(sql: string): string {
  const isChosen = / (\S+) IN \((decodeURLComponent\('\$\{service:percentencode\}'\))\)/g
  return sql.replaceAll(
    isChosen,
    (_, service, name) => ` $__conditionalAll(${service} = ${name}, $service)`,
  )
}

/** The length of the range. */
export const RANGE_SECONDS =
  'greatest((toUnixTimestamp64Milli($__toTime_ms) - toUnixTimestamp64Milli($__fromTime_ms)) / 1000, 1)'

/** `RANGE` and more, as conditions of SQL that is written for panels. */
export const inRange = (time: string): string => `$__timeFilter_ms(${time})`
