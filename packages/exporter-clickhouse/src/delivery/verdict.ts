import type { DropReason } from '../accounting/drop-reason.js'
import type { Outcome, Rejection, Retry } from '../clickhouse/outcome.js'
import { ClickHouseError } from '../common/errors.js'
import { afterFailure, type History, isDefinite } from './history.js'

// After this many consecutive refusals of one batch alone, the next refusal divides it. Not sooner: an earlier attempt may have
// stored the batch, and the server cannot deduplicate its parts against it.
const MAX_REFUSALS_OF_BATCH = 5
// A batch that twice in a row exceeded what one query may use will exceed it again.
const REFUSALS_OF_SIZE = 2
// Below this size a query's memory is mostly buffers, so smaller batches would not need less.
const SMALLEST_HALVED_BYTES = 256 * 1024
const ATTEMPTS_IN_A_ROW = 3
const FIX_OF_FEWER_ROWS =
  'A proxy or the profile of the user seems to add a setting, such as `limit` or `timeout_overflow_mode`: check both.'

/** What a decision depends on besides the outcome and the batch's history. */
export interface Facts {
  readonly rows: number
  readonly rawBytes: number
  /** Its table or columns may differ from those that the destination is configured for. */
  readonly foreign: boolean
  /** The rows are compact, and this table has not yet taken a statement as long as theirs. */
  readonly mayBeForm: boolean
  readonly asyncInsert: boolean
  /** Infinity if attempts are unlimited. */
  readonly maxRetries: number
  /** Batches that the destination has delivered. */
  readonly deliveries: number
  /** A flush asked for the attempt. */
  readonly hurried: boolean
  /** The server has failed before this attempt, and has not answered since. */
  readonly serverFails: boolean
  /** The server answered a ping right before the attempt. */
  readonly pinged: boolean
  /** Meanwhile the server has served other destinations: it is not at fault. */
  readonly isAlone: boolean
  /** For a long time now other INSERTs have had to end first. */
  readonly isExcludedForLong: boolean
  /** An earlier process left it on disk, and may have sent it: under other limits, or to another server. */
  readonly recovered: boolean
  /** A client may send the same records to another process, which makes the same batch of them. */
  readonly mayBeRepeated: boolean
}

/**
 * What is at fault. `server`: all batches for it wait, whatever their signal. `signal`: the table or the rights of one signal, so its
 * other batches wait too. `batch`: others were delivered since it last failed, so it waits by itself and does not hold up others. `kind`: `dispatch`
 * or an earlier configuration chose its table or columns, and the server refuses all of its kind. That says nothing about other rows. `turn`:
 * nothing is: the table takes one INSERT at a time, and another one is under way.
 */
export type Fault = 'server' | 'signal' | 'batch' | 'kind' | 'turn'

/** What happens to a batch after an attempt. */
export type Verdict =
  | { readonly step: 'deliver' }
  /** Sends the same rows again in the form that every server takes. */
  | ({ readonly step: 'make_whole' } & Renewal)
  | ({ readonly step: 'divide'; readonly rejection: Rejection } & Renewal)
  /** A single row that the server will never take: a dead letter, or dropped. */
  | { readonly step: 'give_up'; readonly rejection: Rejection }
  | {
      readonly step: 'retry'
      readonly fault: Fault
      readonly outcome: Retry
      /** Another batch is tried first. */
      readonly moveToEnd: boolean
    }
  | {
      readonly step: 'drop'
      readonly reason: DropReason
      readonly fault: Fault
      readonly outcome: Retry
    }

/** The rows get another token. */
interface Renewal {
  /** They may be there under the present one: together with those that are sent from now on, they are there twice. */
  readonly doubled: boolean
}

/** Decides what happens to a batch after an outcome, and updates its history. The whole policy is here, as a pure function. */
export function decide(
  outcome: Outcome,
  before: History,
  facts: Facts,
): { readonly verdict: Verdict; readonly history: History } {
  const history = outcome.replayed || outcome.partly ? { ...before, ambiguous: true } : before
  switch (outcome.status) {
    case 'delivered': {
      const { writtenRows = facts.rows } = outcome
      const verdict = isAllWritten(writtenRows, facts)
        ? ({ step: 'deliver' } as const)
        : ofFewerRows(writtenRows, facts.rows)
      return { verdict, history }
    }
    case 'rejected':
      // The server has read the rows, and refuses what is in them: it cannot have taken the same rows before.
      return { verdict: ofRejection(outcome, facts, { doubled: false }), history }
    case 'too_large':
      return { verdict: ofRejection(outcome, facts, mayBeElsewhere(outcome, history)), history }
    case 'retry':
      if (mayBeForm(outcome, facts))
        return { verdict: { step: 'make_whole', ...mayBeElsewhere(outcome, history) }, history }
      return ofRetry(outcome, history, facts)
    case 'missing_table':
    case 'unknown_setting':
    case 'forbidden_setting':
      return ofRetry({ ...outcome, status: 'retry', why: 'misconfigured' }, history, facts)
  }
}

/**
 * Whoever refuses the size or the form of a request has not taken the same request before. But it says nothing about another host that may
 * have taken it.
 */
function mayBeElsewhere({ doubt }: Outcome, { ambiguous }: History): Renewal {
  return { doubled: ambiguous && doubt !== undefined }
}

/** The answer to an asynchronous insert cannot say how many rows were written. */
function isAllWritten(writtenRows: number, { rows, asyncInsert }: Facts): boolean {
  return writtenRows >= rows || asyncInsert
}

/**
 * The server answers success but wrote fewer rows than were sent. We cannot know which, and sending the same token again would
 * store no more. Later batches wait, except for one at a time, which is sent to find out whether the cause is gone.
 */
function ofFewerRows(writtenRows: number, rows: number): Verdict {
  const error = new Error(`the server answered success but wrote ${writtenRows} of ${rows} rows`)
  const outcome = { status: 'retry', why: 'misconfigured', error, fix: FIX_OF_FEWER_ROWS } as const
  return { step: 'drop', reason: 'unconfirmed', fault: 'signal', outcome }
}

function ofRejection(
  outcome: Rejection & { refusesForm?: boolean },
  facts: Facts,
  { doubled }: Renewal,
): Verdict {
  if (mayBeForm(outcome, facts)) return { step: 'make_whole', doubled }
  if (facts.rows === 1) return { step: 'give_up', rejection: outcome }
  const hadOtherLimit = facts.recovered && outcome.status === 'too_large'
  return { step: 'divide', rejection: outcome, doubled: doubled || hadOtherLimit }
}

/** Whether the server may refuse only the compact form. It takes the form of any statement that is no longer than one it has taken. */
function mayBeForm({ refusesForm }: { refusesForm?: boolean }, facts: Facts): boolean {
  return refusesForm === true && facts.mayBeForm
}

function ofRetry(
  outcome: Retry,
  before: History,
  facts: Facts,
): { verdict: Verdict; history: History } {
  const waitsForTurn = outcome.excluded === true && !facts.isExcludedForLong
  const hurried = facts.hurried || waitsForTurn
  const history = afterFailure(before, outcome, { ...facts, hurried })
  const { error, ofBatch = false } = outcome
  if (waitsForTurn)
    return { verdict: { step: 'retry', fault: 'turn', outcome, moveToEnd: false }, history }
  const givesUp = history.failures > facts.maxRetries
  const isOnlyBatch = isBatchAtFault(outcome, history)
  const isSuspect = history.refusals > MAX_REFUSALS_OF_BATCH && !isOfItsTable(outcome, facts)
  const divides = (status: Rejection['status']): Verdict =>
    ofRejection(
      { status, error },
      { ...facts, mayBeForm: false },
      { doubled: isBoundToToken(history, facts) },
    )
  if (!givesUp && ofBatch && canBeHalved(history, facts))
    return { verdict: divides('too_large'), history }
  if (!givesUp && isOnlyBatch && isSuspect) return { verdict: divides('rejected'), history }
  const fault = faultOf(outcome, facts, isOnlyBatch)
  if (givesUp)
    return { verdict: { step: 'drop', reason: 'retries_exhausted', fault, outcome }, history }
  // The server answers but refuses this batch: it may take another. Do not try others at once, because each of them may then have been
  // written too, and must not be dropped to make room.
  const another = outcome.why === 'misconfigured' || history.failures >= ATTEMPTS_IN_A_ROW
  const moveToEnd = error instanceof ClickHouseError && another
  return { verdict: { step: 'retry', fault, outcome, moveToEnd }, history }
}

function faultOf(outcome: Retry, facts: Facts, isOnlyBatch: boolean): Fault {
  if (isKindAtFault(outcome, facts)) return 'kind'
  if (isOnlyBatch || outcome.ofHost === true) return 'batch'
  return isServerAtFault(outcome, facts) ? 'server' : 'signal'
}

/** Whether the failure concerns every signal. One that times out may have met a slow table: only a ping shows whether the server hangs. */
function isServerAtFault(
  { ofServer, timedOut }: Retry,
  { serverFails, pinged, isAlone }: Facts,
): boolean {
  if (isAlone) return false
  return ofServer === true || (timedOut === true && serverFails && !pinged)
}

/** Other batches were delivered since this one last failed: the batch is at fault, not the server. */
function isBatchAtFault(
  { error, why, ofBatch, retryAfterMs }: Retry,
  { overtaken }: History,
): boolean {
  const answers = error instanceof ClickHouseError
  const isOfServer = why === 'overloaded' && ofBatch !== true
  // A Retry-After is about the server, not about one batch.
  return overtaken && answers && !isOfServer && retryAfterMs === undefined
}

/** Whether the server refuses a foreign batch as it is: that says nothing about other rows. */
function isKindAtFault(outcome: Retry, { foreign }: Facts): boolean {
  const { error, retryAfterMs, ofBatch } = outcome
  // A Retry-After is about the server, not about these rows.
  const isOfRows = error instanceof ClickHouseError && retryAfterMs === undefined
  return foreign && isOfRows && isDefinite(outcome) && !ofBatch
}

/** Whether a foreign batch is refused because of its table, not its rows: dividing it would end with every row refused. */
function isOfItsTable({ why }: Retry, { foreign }: Facts): boolean {
  return foreign && why === 'misconfigured'
}

/** Whether smaller batches are tried. One that is bound to its token stays whole as long as the server may take it whole after all. */
function canBeHalved(history: History, facts: Facts): boolean {
  const { refusals, failures } = history
  const isLarge = facts.rows > 1 && facts.rawBytes > SMALLEST_HALVED_BYTES
  if (!isLarge || refusals < REFUSALS_OF_SIZE) return false
  const isLastChance = refusals > MAX_REFUSALS_OF_BATCH || failures === facts.maxRetries
  return isLastChance || !isBoundToToken(history, facts)
}

/**
 * Whether the server may have the rows under the token of this batch, or may get them under it from another process. Halves have tokens of
 * their own.
 */
function isBoundToToken({ ambiguous }: History, { recovered, mayBeRepeated }: Facts): boolean {
  return ambiguous || recovered || mayBeRepeated
}

/** Whether certainly no row was written, because nothing listens there or because somebody has to change something. */
export function isRefused(outcome: Outcome): boolean {
  if (outcome.partly) return false
  if (outcome.status === 'missing_table' || outcome.status === 'unknown_setting') return true
  if (outcome.status !== 'retry' || outcome.timedOut) return false
  const isNotThere = outcome.why === 'transient' && !(outcome.error instanceof ClickHouseError)
  return outcome.why === 'misconfigured' || isNotThere
}
