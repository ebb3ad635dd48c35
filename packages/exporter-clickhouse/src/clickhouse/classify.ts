import { clock } from '../common/clock.js'
import type { Exchange, Reply } from '../http/exchange.js'
import { explained } from '../http/network-errors.js'
import {
  COLUMNS,
  ENCODING_REMOVED,
  type Exception,
  exceptionOf,
  type Meaning,
  meaningOf,
} from './exception-codes.js'
import type { Outcome } from './outcome.js'
import { foreignSuccess, meaningOfStatus } from './proxy-answers.js'
import { exceptionError } from './redaction.js'
import {
  exceptionCode,
  foreignBody,
  grantFix,
  isSuccess,
  mayBeOnOtherShards,
  rowHint,
  settingIn,
  UNREADABLE,
  viewThatFailed,
  writtenRows,
} from './reply-text.js'
import { retryAfterMs } from './retry-after.js'
import { type Asked, doubtOf, type Known, MISSING, NOTHING_KNOWN } from './witness.js'

/** Reads an exchange as an outcome. Only the files of this directory know HTTP statuses and exception codes. */
export function classify(
  exchange: Exchange,
  asked: Asked = {},
  known: Known = NOTHING_KNOWN,
  now: () => number = clock.unixMs,
): Outcome {
  const outcome = outcomeOf(exchange, asked, known, now)
  return 'reply' in exchange && exchange.replayed ? { ...outcome, replayed: true } : outcome
}

function outcomeOf(exchange: Exchange, asked: Asked, known: Known, now: () => number): Outcome {
  if ('error' in exchange) {
    const { bodyStarted, timedOut } = exchange
    const { isRefusal = false, ...explanation } = explained(exchange, !known.answers)
    const why = bodyStarted && !isRefusal ? 'ambiguous' : 'transient'
    // One table may be too slow for the deadline, for example because of a view: only a ping shows whether the server is.
    return { status: 'retry', why, timedOut, ofServer: !timedOut, ...explanation }
  }
  const { reply } = exchange
  const code = exceptionCode(reply)
  if (code !== 0) {
    // The end of an exception says where rows may be stored.
    const partly = reply.isCut === true || mayBeOnOtherShards(reply.body)
    const outcome = outcomeOfException(reply, code, partly)
    return withPatience(partly ? { ...outcome, partly } : outcome, reply, now)
  }
  if (!isSuccess(reply.status)) return withPatience(outcomeOfStatus(reply), reply, now)
  const doubt = reply.complete ? doubtOf(reply, asked, known) : 'with a reply that is cut off'
  if (doubt === undefined) return { status: 'delivered', ...writtenRows(reply) }
  const missesHeaders = doubt === MISSING
  const foreign = foreignSuccess(reply, doubt)
  return { status: 'retry', why: 'ambiguous', ofServer: true, ...foreign, missesHeaders }
}

function outcomeOfException(reply: Reply, code: number, partly: boolean): Outcome {
  const { body } = reply
  const exception = exceptionOf(code)
  const error = exceptionError(reply, code, exception)
  const view = viewThatFailed(body)
  // The table itself already has the rows, so they must not be divided or dropped: send them again with the same token.
  if (view !== undefined)
    return { status: 'retry', why: 'ambiguous', error, fix: grantFix(code, body) ?? VIEW }
  const foreign = foreignBody(code, body)
  if (foreign) return { status: 'retry', why: 'misconfigured', error, fix: FOREIGN_BODY[foreign] }
  const {
    class: kind,
    ofBatch,
    ofServer,
    mayBeForm,
    excluded,
    ofReplica,
    ...meaning
  } = meaningIn(reply, code, exception)
  const fix = grantFix(code, body) ?? meaning.fix
  // Whole rows have another token than compact ones: shards that have stored the rows would not recognise them.
  const refusesForm = mayBeForm === true && !partly
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
        ...(ofServer && { ofServer }),
        ...(excluded && { excluded }),
        ...(ofReplica && { ofReplica }),
        ...(fix === COLUMNS && { refusesColumns: true }),
      }
  }
}

const VIEW =
  'Repair or drop that view: the table itself may have the rows, and they are sent again until the view accepts them.'
const FOREIGN_BODY = {
  rows: 'A proxy removes the query string of the URL: configure it to pass the query string on.',
  compressed: ENCODING_REMOVED,
}

function meaningIn({ status, body }: Reply, code: number, exception?: Exception): Meaning {
  if (exception) return meaningOf(exception, body)
  const mayBeWritten = code === UNREADABLE || status >= 500 || isSuccess(status)
  return { class: mayBeWritten ? 'ambiguous' : 'misconfigured' }
}

function outcomeOfStatus(reply: Reply): Outcome {
  const { class: kind, error, fix, mayBeForm, ofRequest = false } = meaningOfStatus(reply)
  if (kind === 'too_large') return { status: kind, error, ofSize: true }
  const refusesForm = mayBeForm === true
  return { status: 'retry', why: kind, error, fix, refusesForm, ofServer: !ofRequest }
}

function withPatience(outcome: Outcome, { headers }: Reply, now: () => number): Outcome {
  if (outcome.status !== 'retry') return outcome
  const ms = retryAfterMs(headers['retry-after'], now)
  return ms === undefined ? outcome : { ...outcome, retryAfterMs: ms }
}
