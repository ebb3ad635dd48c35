import type { Account, Moment } from '../accounting/account.js'
import { TOO_LARGE_STRING_SIZE } from '../clickhouse/exception-codes.js'
import type { Outcome, Rejection } from '../clickhouse/outcome.js'
import type { Sender } from '../clickhouse/sender.js'
import { clock } from '../common/clock.js'
import { startDeadline } from '../common/deadline.js'
import { ClickHouseError } from '../common/errors.js'
import type { DestinationConfig } from '../config/config.js'
import type { Spool } from '../spool/spool.js'
import type { DestinationLog } from '../telemetry/log.js'
import type { Aside } from './aside.js'
import type { DeadLetters } from './dead-letters.js'
import type { Entry } from './entry.js'
import type { Going, Health } from './health.js'
import type { Holdings } from './holdings.js'
import type { KnownTables } from './known-tables.js'
import { loaded, type NotYet } from './loading.js'
import type { SharedPace } from './shared-pace.js'
import type { Verdict } from './verdict.js'

/** What the attempts of a destination work with. */
export interface Surroundings {
  readonly config: DestinationConfig
  readonly holdings: Holdings
  readonly tables: KnownTables
  readonly sender: Sender
  /** Of the server, for all destinations that share it. */
  readonly pace: SharedPace
  readonly log: DestinationLog
  readonly spool: Spool | undefined
  readonly deadLetters: DeadLetters | undefined
  readonly onAttempt: (rows: number, seconds: number, outcome: Outcome) => void
  /** Aborts when the destination closes. */
  readonly closing: AbortSignal
}

/** Also what earlier attempts have taught. */
export interface Means extends Surroundings {
  readonly health: Health
  readonly aside: Aside
}

// Over a slow link a large batch would never get through in time: its deadline doubles after a timeout, at most this often.
const MAX_DEADLINE_DOUBLINGS = 2
/**
 * After this time without an answer, a server counts as behind, and no export() waits for it. A BatchSpanProcessor that waited for the
 * whole deadline would overflow, and the healthy destinations would lose those spans too.
 */
export const PATIENCE_MS = 1000

// Longer than it takes to divide a batch down to its bad row. A part that has waited for a server may meet a table that was changed meanwhile.
const FIT_FOR_MS = 60_000

export interface Attempt {
  readonly outcome: Outcome
  /** Requests of other destinations that the server had served before. */
  readonly servedOthers: number
  /** The server answered a ping right before. */
  readonly pinged: boolean
}

/** One attempt to send a batch. Resolves with undefined if it is not sent now. `isLast`: what is left in memory afterwards is lost. */
export async function attemptOnce(
  entry: Entry,
  going: Going,
  isLast: boolean,
  { config, holdings, tables, sender, onAttempt, closing, spool, health, aside }: Means,
): Promise<Attempt | NotYet | undefined> {
  if (aside.takes(entry)) return undefined
  const part = await loaded(entry, holdings, spool, closing)
  if (part && 'later' in part) return part
  if (!part || aside.takes(entry)) return undefined
  // Not earlier: a disk that hangs must not hold up the probes of others.
  if (!going.takeTurn()) {
    postpone(entry, holdings)
    return undefined
  }
  entry.attempted = true
  const table = tables.of(part.insert)
  const began = holdings.account.moment()
  const endPatience = startDeadline(PATIENCE_MS, () => health.fallBehind(), { ref: false })
  const { timeouts } = entry.history
  const { servedOthers, timedOut: pingFirst } = health
  const unfit = await table.unfit()
  const answer =
    unfit ??
    (await sender.attempt(part.batch, part.insert, table.target, {
      deadlineMs: config.timeoutMs * 2 ** Math.min(timeouts, MAX_DEADLINE_DOUBLINGS),
      pingFirst,
      repeatable: table.duplicates.deduplication !== 'ineffective',
      doubt: entry.doubt,
      isLast: isLast && !entry.record,
    }))
  const asks = mayBeOfColumns(answer, entry, table.mayRefuseForm(part.insert))
  const misfit = asks ? await table.misfit(answer) : undefined
  if (asks && !misfit) entry.fitAt = clock.now()
  const outcome: Outcome = misfit ? { ...misfit, ...unclear(answer) } : answer
  if (answer.doubt) entry.doubt = answer.doubt
  endPatience()
  if (outcome.status !== 'delivered') holdings.account.errors++
  if (mayHaveInserted(outcome)) noteToken(entry, began, holdings.account)
  health.saw(outcome)
  onAttempt(entry.rows, (clock.now() - began.at) / 1000, outcome)
  return { outcome, servedOthers, pinged: pingFirst && !unfit && !isUnsent(outcome) }
}

/**
 * Whether the server has read values that it will never take, and its columns may be the reason: it is not asked about them for every part of
 * a divided batch. If it may refuse only the compact form, the rows are made whole before.
 */
function mayBeOfColumns(
  answer: Outcome,
  { fitAt }: Entry,
  mayBeForm: boolean,
): answer is Extract<Outcome, Rejection> {
  if (answer.status !== 'rejected' && answer.status !== 'too_large') return false
  if (answer.status === 'too_large' && answer.error.code !== TOO_LARGE_STRING_SIZE) return false
  return clock.now() - fitAt > FIT_FOR_MS && !(mayBeForm && answer.refusesForm === true)
}

/** What stays unclear about rows that wait, although the last answer says that it took none. */
function unclear({ replayed, partly }: { readonly replayed?: boolean; readonly partly?: boolean }) {
  return { ...(replayed && { replayed }), ...(partly && { partly }) }
}

function mayHaveInserted({ status, replayed, partly, ...outcome }: Outcome): boolean {
  const isUnclear = 'why' in outcome && outcome.why === 'ambiguous'
  return status === 'delivered' || replayed === true || partly === true || isUnclear
}

/** The table may know the token of this batch since that moment. */
function noteToken(entry: Entry, began: Moment, account: Account): void {
  // A later attempt has the same token, which takes no other place in the table's window.
  if (!entry.tokenSince || entry.recovered) account.inserts++
  entry.tokenSince ??= began
}

/** Another destination asks the server now whether it is back. */
function postpone(entry: Entry, holdings: Holdings): void {
  if (!holdings.has(entry)) return
  entry.to('ready')
  holdings.queue.unload(entry)
}

/** Whether the server has read the rows, even if it refused them. */
export function isService({ status }: Outcome, { step }: Verdict): boolean {
  return step === 'deliver' || status === 'rejected' || status === 'too_large'
}

/** Whether the server answers, and the outcome concerns only the table, the rows or the form of the request. */
export function isAnswer(outcome: Outcome, pinged: boolean): boolean {
  if (outcome.status !== 'retry') return true
  if (outcome.timedOut) return pinged
  const { error, ofServer } = outcome
  return !ofServer && error instanceof ClickHouseError && error.code > 0
}

function isUnsent(outcome: Outcome): boolean {
  return outcome.status === 'retry' && outcome.unsent === true
}
