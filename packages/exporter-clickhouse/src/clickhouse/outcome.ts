import type { ClickHouseError } from '../common/errors.js'
import type { Doubt } from './doubt.js'

/** What stays unclear after an attempt, whatever its last answer says. */
export interface Unclear {
  /** An earlier transmission of the same rows may have been written. */
  readonly replayed?: boolean
  /** Other shards of a Distributed table may have stored their rows. */
  readonly partly?: boolean
  /** Where its rows may be, if there are several hosts. Pass it on with the next attempt. */
  readonly doubt?: Doubt
}

/** The result of one attempt to insert a batch. */
export type Outcome = Unclear & Answer

type Answer =
  | {
      readonly status: 'delivered'
      /** How many rows the server says it wrote, including those of materialised views. Absent if it does not say. */
      readonly writtenRows?: number
      /** Another host, which does not share the tokens of this one, may have the rows too. */
      readonly elsewhere?: boolean
    }
  | {
      readonly status: 'retry'
      /**
       * `transient`: nothing was written. `overloaded`: nothing was written, and the server cannot take more for now.
       * `ambiguous`: the rows may be in the table. `misconfigured`: somebody has to change something.
       */
      readonly why: 'transient' | 'overloaded' | 'ambiguous' | 'misconfigured'
      readonly error: Error
      /** What the operator can do about it, as a sentence. */
      readonly fix?: string | undefined
      /** The server asked us to wait at least this long. */
      readonly retryAfterMs?: number
      readonly timedOut?: boolean
      /** The server did not answer a ping, so no row was sent. */
      readonly unsent?: boolean
      /** It says something about the server as a whole, and not only about this table or this batch. */
      readonly ofServer?: boolean
      /** A success without the headers of ClickHouse, which this server has sent before. */
      readonly missesHeaders?: boolean
      /** Unknown code: the rows themselves may be the cause. */
      readonly unlisted?: boolean
      /** Nothing was written, and the server or the table may refuse only the compact form of the statement. */
      readonly refusesForm?: boolean
      /** The table lacks columns of the INSERT. */
      readonly refusesColumns?: boolean
      /** One of several hosts is at fault, and another takes rows: only this batch waits, and it has used up no attempt. */
      readonly ofHost?: boolean
      /** Another INSERT into the table must end first, perhaps one of another process. */
      readonly excluded?: boolean
      /** The table is missing and was not created, so this attempt wrote nothing, unless `partly` is set, whatever `why` says of the statement. */
      readonly lacksTable?: boolean
      /** Another replica of the table may take the rows. */
      readonly ofReplica?: boolean
      /** The batch exceeds what one query may use. The server may take a smaller one. */
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
      /** `rejected`: because of a row in the batch. `too_large`: because of its size. */
      readonly status: 'rejected' | 'too_large'
      readonly error: ClickHouseError
    } & Refusal)

/** In both cases this attempt has written nothing, unless `partly` is set. */
interface Refusal {
  /** The server or the table may refuse only the compact form of the statement or the rows. */
  readonly refusesForm?: boolean
  /** The index of the refused row, as far as the server knows it. */
  readonly row?: number
  /** The request as a whole was too long: a shorter one would have been taken. */
  readonly ofSize?: boolean
}

export type Retry = Extract<Outcome, { status: 'retry' }>

/** Nothing was written, and the server will never take these rows together. */
export interface Rejection {
  readonly status: 'rejected' | 'too_large'
  readonly error: Error
  readonly row?: number
  readonly ofSize?: boolean
}
