import { clock } from '../common/clock.js'
import type { Exchange, Reply } from '../http/exchange.js'
import { explained } from '../http/network-errors.js'
import { type Class, COLUMNS, type Exception, exceptionOf } from './exception-codes.js'
import type { Outcome } from './outcome.js'
import { foreignSuccess, meaningOf } from './proxy-answers.js'
import {
  exceptionCode,
  exceptionError,
  foreignBody,
  grantFix,
  isSuccess,
  rowHint,
  settingIn,
  UNREADABLE,
  viewThatFailed,
  writtenRows,
} from './reply-text.js'
import { retryAfterMs } from './retry-after.js'
import { type Asked, doubtOf, type Known, MISSING, NOTHING_KNOWN } from './witness.js'

/** Reads an exchange as an outcome. Only this file and the tables beside it know statuses and exception codes. */
export function classify(
  exchange: Exchange,
  asked: Asked = {},
  known: Known = NOTHING_KNOWN,
  now: () => number = clock.unixMs,
): Outcome {
  if ('error' in exchange) {
    const { bodyStarted, timedOut } = exchange
    const { isRefusal = false, ...explanation } = explained(exchange, !known.answers)
    const why = bodyStarted && !isRefusal ? 'ambiguous' : 'transient'
    return { status: 'retry', why, timedOut, ...explanation }
  }
  const { reply, replayed } = exchange
  const code = exceptionCode(reply)
  if (code !== 0) return withPatience(outcomeOfException(reply, code), reply, now)
  if (!isSuccess(reply.status)) return withPatience(outcomeOfStatus(reply), reply, now)
  const doubt = reply.complete ? doubtOf(reply, asked, known) : 'with a reply that is cut off'
  if (doubt === undefined)
    return { status: 'delivered', ...(replayed && { replayed }), ...writtenRows(reply) }
  const missesHeaders = doubt === MISSING
  return { status: 'retry', why: 'ambiguous', ...foreignSuccess(reply, doubt), missesHeaders }
}

function outcomeOfException(reply: Reply, code: number): Outcome {
  const { body } = reply
  const exception = exceptionOf(code)
  const error = exceptionError(reply, code, exception)
  const view = viewThatFailed(body)
  // The rows are already in the table itself, so they must not be split or dropped: the same token again.
  if (view !== undefined)
    return { status: 'retry', why: 'ambiguous', error, fix: grantFix(code, body) ?? VIEW }
  const foreign = foreignBody(code, body)
  if (foreign) return { status: 'retry', why: 'misconfigured', error, fix: FOREIGN_BODY[foreign] }
  const { class: kind, fix, ofBatch } = meaningIn(reply, code, exception)
  const refusesForm = exception?.mayBeForm === true || isTooLong(code, body)
  switch (kind) {
    case 'missing_table':
      return { status: kind, error, fix }
    case 'rejected':
    case 'too_large':
      return { status: kind, error, refusesForm, ...rowHint(code, body) }
    case 'unknown_setting':
    case 'forbidden_setting': {
      const setting = settingIn(body)
      return setting
        ? { status: kind, error, fix, setting }
        : { status: 'retry', why: 'misconfigured', error, fix }
    }
    default:
      return {
        status: 'retry',
        why: kind,
        error,
        fix,
        unlisted: exception === undefined && code !== UNREADABLE,
        refusesForm: refusesForm && kind !== 'ambiguous',
        ...(ofBatch && { ofBatch }),
        ...(fix === COLUMNS && { refusesColumns: true }),
      }
  }
}

const VIEW =
  'Repair or drop that view: the table itself may have the rows, and they are sent again until the view takes them.'
const FOREIGN_BODY = {
  rows: 'A proxy removes the query string of the URL: configure it to pass the query string on.',
  compressed:
    "A proxy removes the header Content-Encoding: set `compression.codec: 'none'`, or configure the proxy to pass that header on.",
}

interface MeaningHere {
  readonly class: Class
  readonly fix?: string | undefined
  /** This batch alone is too much; the server could take a smaller one. */
  readonly ofBatch?: boolean
}

/** What an exception means: for some codes the text decides. */
function meaningIn({ status, body }: Reply, code: number, exception?: Exception): MeaningHere {
  if (!exception) {
    const mayBeWritten = code === UNREADABLE || status >= 500 || isSuccess(status)
    return { class: mayBeWritten ? 'ambiguous' : 'misconfigured' }
  }
  if (code === 252 && /partitions for single INSERT/i.test(body)) return { class: 'too_large' }
  // Halving the batch would not help: each half has the same statement.
  if (isTooLong(code, body)) return { class: 'misconfigured', fix: LONGER_STATEMENTS }
  if (code === 306 && /Maximum parse depth/.test(body))
    return { class: 'misconfigured', fix: 'Raise `max_parser_depth` for this user on the server.' }
  if (code === 48 && /compression method/i.test(body))
    return { class: 'misconfigured', fix: FOREIGN_BODY.compressed }
  if (code === 497) return { ...exception, fix: grantFix(code, body) ?? exception.fix }
  if (code === 241 && OF_ONE_QUERY.test(body))
    return { class: 'overloaded', fix: LARGER_QUERIES, ofBatch: true }
  return exception
}

const LARGER_QUERIES =
  'If this continues, the batch is divided: lower `batch.maxRows`, or raise `max_memory_usage` for this user.'
const LONGER_STATEMENTS =
  'Raise `max_query_size`, and `http_max_field_value_size`, for this user on the server.'

function isTooLong(code: number, body: string): boolean {
  return (code === 62 || code === 1000) && /too long|max_query_size/i.test(body)
}

// The wording since 25.x, and the one before. A smaller batch does not help against limits of a user or of the whole server.
const OF_ONE_QUERY = /Query memory limit exceeded|Memory limit \(for query\) exceeded/i

function outcomeOfStatus(reply: Reply): Outcome {
  const { class: kind, error, fix, mayBeForm } = meaningOf(reply)
  if (kind === 'too_large') return { status: kind, error }
  return { status: 'retry', why: kind, error, fix, refusesForm: mayBeForm === true }
}

function withPatience(outcome: Outcome, { headers }: Reply, now: () => number): Outcome {
  if (outcome.status !== 'retry') return outcome
  const ms = retryAfterMs(headers['retry-after'], now)
  return ms === undefined ? outcome : { ...outcome, retryAfterMs: ms }
}
