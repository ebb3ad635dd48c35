import { CommandError } from '../terminal/command-error.js'

/**
 * Why a query has no answer. `unreachable`: nothing, or something other than ClickHouse, answers there. `refused`: ClickHouse does not
 * let this user. `query`: the query cannot be run, or not as it is. `limit`: it needs more time or memory than it may use. `aborted`:
 * the caller no longer waits.
 */
export type ReadProblem = 'unreachable' | 'refused' | 'query' | 'limit' | 'aborted'

export interface ReadErrorDetails {
  readonly fix?: string | undefined
  /** ClickHouse's exception code; 0 if there is none. */
  readonly code?: number
  /** The setting that the server does not let us change. */
  readonly refusedSetting?: string | undefined
}

/** A query without an answer. The message is one line without credentials, and contains the fix. */
export class ReadError extends CommandError {
  override name = 'ReadError'
  readonly problem: ReadProblem
  readonly what: string
  readonly fix: string | undefined
  readonly code: number
  readonly refusedSetting: string | undefined

  constructor(problem: ReadProblem, what: string, details: ReadErrorDetails = {}) {
    const { fix, code = 0, refusedSetting } = details
    super(fix === undefined ? `${what}.` : `${what}: ${fix}${/[.?!]$/.test(fix) ? '' : '.'}`)
    this.problem = problem
    this.what = what
    this.fix = fix
    this.code = code
    this.refusedSetting = refusedSetting
  }
}
