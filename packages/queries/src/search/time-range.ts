import { all, type Sql } from './sql.js'

/** The times that DateTime64(9) has room for: beyond them a comparison is an error. */
const MAX_US = 9_223_372_036_000_000

export interface TimeRange {
  readonly fromUs?: number | undefined
  readonly toUs?: number | undefined
}

/** A table of spans or of logs, as far as its times are concerned. */
interface Timed {
  readonly fields: { readonly timestamp: string }
  /** A second column of the same times, in whole seconds. */
  readonly seconds?: string | undefined
}

const MAX_S = 2 ** 32 - 1

/**
 * The condition on the start of spans, or on the time of logs. The column stands alone on its side, so parts and granules outside of the range are not read.
 * `name` keeps the parameters of two ranges in one query apart.
 */
export function inTimeRange(
  { fields, seconds }: Timed,
  { fromUs, toUs }: TimeRange,
  name = '',
): Sql {
  const bound = (op: string, parameter: string, us: number | undefined) =>
    us === undefined || Number.isNaN(us)
      ? undefined
      : {
          sql: `${fields.timestamp} ${op} fromUnixTimestamp64Micro({${parameter}:Int64})`,
          parameters: { [parameter]: wholeUs(us) },
        }
  const inSeconds = (op: string, parameter: string, us: number | undefined) =>
    seconds === undefined || us === undefined || Number.isNaN(us)
      ? undefined
      : {
          sql: `${seconds} ${op} toDateTime({${parameter}:UInt32})`,
          parameters: { [parameter]: Math.min(Math.max(Math.floor(us / 1e6), 0), MAX_S) },
        }
  return all([
    inSeconds('>=', `${name}from_s`, fromUs),
    bound('>=', `${name}from_us`, fromUs),
    inSeconds('<=', `${name}to_s`, toUs),
    bound('<', `${name}to_us`, toUs),
  ])
}

export function wholeUs(us: number): number {
  return Math.min(Math.max(Math.round(us), -MAX_US), MAX_US)
}
