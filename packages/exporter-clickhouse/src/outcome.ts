import type { ClickHouseError } from './errors.js'

/** What one attempt to insert a batch came to. */
export type Outcome =
  | {
      readonly status: 'delivered'
      /** An earlier sending of the same may have been written too. */
      readonly replayed?: boolean
      /** Where the server says how many rows it wrote, those of materialized views among them. */
      readonly writtenRows?: number
    }
  | {
      readonly status: 'retry'
      /**
       * `transient`: nothing was written. `overloaded`: the same, and the server asks for patience.
       * `ambiguous`: the rows may be in the table. `misconfigured`: nothing will change by itself.
       */
      readonly why: 'transient' | 'overloaded' | 'ambiguous' | 'misconfigured'
      readonly error: Error
      /** What somebody may do about it, as a sentence. */
      readonly fix?: string | undefined
      /** The server asked us to wait at least so long. */
      readonly retryAfterMs?: number
      readonly timedOut?: boolean
      /** The server did not even answer a ping: no row was sent. */
      readonly unsent?: boolean
      /** A success without the headers that the server has shown before. */
      readonly missesHeaders?: boolean
      /** The code is none that we know: it may be one more that data can cause. */
      readonly unlisted?: boolean
      /** It may be the form of the statement that the server, or the table, does not take. Nothing was written. */
      readonly refusesForm?: boolean
      /** The batch is too much for what one query may use: a smaller one may be taken. */
      readonly ofBatch?: boolean
    }
  | {
      readonly status: 'missing_table'
      readonly error: ClickHouseError
      readonly fix?: string | undefined
    }
  | {
      /** `unknown_setting`: the server is too old for it. `forbidden_setting`: a constraint keeps this user from it. */
      readonly status: 'unknown_setting' | 'forbidden_setting'
      readonly error: ClickHouseError
      readonly fix?: string | undefined
      readonly setting: string
    }
  | ({
      /** `rejected`: because of a row in it. `too_large`: because it is too much at once. */
      readonly status: 'rejected' | 'too_large'
      readonly error: ClickHouseError
    } & Refusal)

/** Nothing was written. */
interface Refusal {
  /** It may be the form of the statement or the rows that the server, or the table, does not take. */
  readonly refusesForm?: boolean
  /** Counted from 0: the server's guess. */
  readonly row?: number
}

export type Retry = Extract<Outcome, { status: 'retry' }>

/** Nothing was written, and the same rows together never will be. */
export interface Rejection {
  readonly status: 'rejected' | 'too_large'
  readonly error: Error
  readonly row?: number
}

/** Why rows were given up. */
export type DropReason =
  | 'queue_full'
  | 'rejected'
  | 'dead_lettered'
  | 'retries_exhausted'
  | 'too_large'
  | 'encode_error'
  | 'spool_full'
  | 'spool_corrupt'
  | 'unconfirmed'
  | 'internal_error'
  | 'shutdown'
