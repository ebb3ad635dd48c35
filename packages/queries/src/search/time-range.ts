import type { SpanTable } from '../table/span-table.js'
import { all, type Sql } from './sql.js'

/** The times that DateTime64(9) has room for: beyond them a comparison is an error. */
const MAX_US = 9_223_372_036_000_000

export interface TimeRange {
  readonly fromUs?: number | undefined
  readonly toUs?: number | undefined
}

/**
 * The condition on the start of spans. The column stands alone on its side, so parts and granules outside of the range are not read.
 * `name` keeps the parameters of two ranges in one query apart.
 */
export function inTimeRange({ fields }: SpanTable, { fromUs, toUs }: TimeRange, name = ''): Sql {
  const bound = (op: string, parameter: string, us: number | undefined) =>
    us === undefined || Number.isNaN(us)
      ? undefined
      : {
          sql: `${fields.timestamp} ${op} fromUnixTimestamp64Micro({${parameter}:Int64})`,
          parameters: { [parameter]: wholeUs(us) },
        }
  return all([bound('>=', `${name}from_us`, fromUs), bound('<', `${name}to_us`, toUs)])
}

export function wholeUs(us: number): number {
  return Math.min(Math.max(Math.round(us), -MAX_US), MAX_US)
}
