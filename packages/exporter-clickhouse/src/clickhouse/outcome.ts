import type { ClickHouseError } from '../common/errors.js'

/** The result of one attempt to insert a batch. */
export type Outcome =
  | {
      readonly status: 'delivered'
      /** An earlier transmission of the same request may have been written too. */
      readonly replayed?: boolean
      /** How many rows the server says it wrote, including those of materialised views; absent if it does not say. */
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
      /** A success without ClickHouse's headers, which the server sent before. */
      readonly missesHeaders?: boolean
      /** Unknown code: the rows themselves may be the cause. */
      readonly unlisted?: boolean
      /** The server or the table may refuse only the compact form of the statement. Nothing was written. */
      readonly refusesForm?: boolean
      /** The table lacks columns of the INSERT. */
      readonly refusesColumns?: boolean
      /** The batch exceeds what one query may use: a smaller one may be taken. */
      readonly ofBatch?: boolean
    }
  | {
      readonly status: 'missing_table'
      readonly error: ClickHouseError
      readonly fix?: string | undefined
    }
  | {
      /** `unknown_setting`: the server is too old for it. `forbidden_setting`: a constraint forbids it to this user. */
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
  /** The server or the table may refuse only the compact form of the statement or the rows. */
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
