import { describe, expect, test } from 'vitest'
import type { Outcome, Retry } from '../../src/clickhouse/outcome.js'
import { ClickHouseError } from '../../src/common/errors.js'
import { afterFailure, type History, NEW } from '../../src/delivery/history.js'
import { decide, type Facts } from '../../src/delivery/verdict.js'

const FACTS: Facts = {
  rows: 100,
  rawBytes: 1024 * 1024,
  foreign: false,
  mayBeForm: false,
  asyncInsert: false,
  maxRetries: Number.POSITIVE_INFINITY,
  deliveries: 0,
  hurried: false,
  serverFails: false,
  pinged: false,
  isAlone: false,
  isExcludedForLong: false,
  recovered: false,
  mayBeRepeated: false,
}
const ANSWER = new ClickHouseError(500, 0, 'the server says no')
const NO_ANSWER = new Error('socket hang up')
const REFUSED: Retry = { status: 'retry', why: 'misconfigured', error: ANSWER }
const UNKNOWN: Retry = { status: 'retry', why: 'transient', error: ANSWER, unlisted: true }
const BUSY: Retry = { status: 'retry', why: 'overloaded', error: ANSWER, ofServer: true }
const GONE: Retry = { status: 'retry', why: 'transient', error: NO_ANSWER, ofServer: true }
const LOST: Retry = { status: 'retry', why: 'ambiguous', error: NO_ANSWER, ofServer: true }
const LATE: Retry = { status: 'retry', why: 'ambiguous', error: NO_ANSWER, timedOut: true }
const TOO_MUCH: Retry = { status: 'retry', why: 'overloaded', error: ANSWER, ofBatch: true }
const BAD_ROW: Outcome = { status: 'rejected', error: ANSWER, row: 7 }

/** The short name of a verdict, such as `retry server, moved to the end`. */
function verdictOn(
  outcome: Outcome,
  facts: Partial<Facts> = {},
  history: Partial<History> = {},
): string {
  const { verdict } = decide(outcome, { ...NEW, ...history }, { ...FACTS, ...facts })
  switch (verdict.step) {
    case 'retry':
      return `retry ${verdict.fault}${verdict.moveToEnd ? ', moved to the end' : ''}`
    case 'drop':
      return `drop ${verdict.reason}, ${verdict.fault}`
    case 'divide':
    case 'give_up':
      return `${verdict.step} ${verdict.rejection.status}`
    default:
      return verdict.step
  }
}

const OTHERS_DELIVERED = { deliveries: 3 }
const FAILED_ONCE = { failures: 1, refusals: 1, deliveriesAtFailure: 1 }
const REFUSED_OFTEN = { failures: 5, refusals: 5, deliveriesAtFailure: 1 }

describe('what an outcome means for a batch', () => {
  test.each<[string, string, Outcome, Partial<Facts>?, Partial<History>?]>([
    ['a success', 'deliver', { status: 'delivered' }],
    ['a success that wrote all rows', 'deliver', { status: 'delivered', writtenRows: 100 }],
    ['a success that wrote more, in views', 'deliver', { status: 'delivered', writtenRows: 101 }],
    [
      'a success that wrote fewer rows',
      'drop unconfirmed, signal',
      { status: 'delivered', writtenRows: 99 },
    ],
    [
      'an asynchronous insert that does not say how many it wrote',
      'deliver',
      { status: 'delivered', writtenRows: 0 },
      { asyncInsert: true },
    ],
    ['a refused row', 'divide rejected', BAD_ROW],
    ['a refused row that is the only one', 'give_up rejected', BAD_ROW, { rows: 1 }],
    ['too much at once', 'divide too_large', { status: 'too_large', error: ANSWER }],
    [
      'one row that is too much',
      'give_up too_large',
      { status: 'too_large', error: ANSWER },
      { rows: 1 },
    ],
    [
      'a refusal that may be of the compact form',
      'make_whole',
      { ...BAD_ROW, refusesForm: true },
      { mayBeForm: true },
    ],
    [
      'the same where the table has taken such a form before',
      'divide rejected',
      { ...BAD_ROW, refusesForm: true },
    ],
    [
      'a failure that may be of the compact form',
      'make_whole',
      { ...REFUSED, refusesForm: true },
      { mayBeForm: true },
    ],
    ['a server that is not there', 'retry server', GONE],
    ['a lost answer', 'retry server', LOST],
    [
      'the third failure in a row without an answer keeps its place',
      'retry server',
      GONE,
      {},
      { failures: 2 },
    ],
    ['a wrong password', 'retry server, moved to the end', { ...REFUSED, ofServer: true }],
    ['a missing right', 'retry signal, moved to the end', REFUSED],
    ['no answer in time', 'retry signal', LATE],
    ['no answer in time of a server that fails', 'retry server', LATE, { serverFails: true }],
    [
      'no answer in time of a server that fails, but answered a ping',
      'retry signal',
      LATE,
      { serverFails: true, pinged: true },
    ],
    ['no answer to a ping', 'retry server', { ...LATE, unsent: true, ofServer: true }],
    ['a lost answer while other signals are served', 'retry signal', LOST, { isAlone: true }],
    ['a busy server that serves other signals', 'retry signal', BUSY, { isAlone: true }],
    ['a busy server', 'retry server', BUSY],
    [
      'the third failure in a row lets another batch try',
      'retry server, moved to the end',
      BUSY,
      {},
      { failures: 2 },
    ],
    [
      'a missing table',
      'retry signal, moved to the end',
      { status: 'missing_table', error: ANSWER },
    ],
    [
      'an unknown setting',
      'retry signal, moved to the end',
      { status: 'unknown_setting', error: ANSWER, setting: 'a' },
    ],
    [
      'a failure after which others were delivered',
      'retry batch, moved to the end',
      REFUSED,
      OTHERS_DELIVERED,
      FAILED_ONCE,
    ],
    [
      'the same of a server that names a time',
      'retry signal, moved to the end',
      { ...REFUSED, retryAfterMs: 5000 },
      OTHERS_DELIVERED,
      FAILED_ONCE,
    ],
    ['the same without an answer', 'retry server', GONE, OTHERS_DELIVERED, FAILED_ONCE],
    ['the same of an overloaded server', 'retry server', BUSY, OTHERS_DELIVERED, FAILED_ONCE],
    [
      'the first failure, although others were delivered',
      'retry signal, moved to the end',
      REFUSED,
      OTHERS_DELIVERED,
    ],
    [
      'the sixth refusal of one batch alone',
      'divide rejected',
      REFUSED,
      OTHERS_DELIVERED,
      REFUSED_OFTEN,
    ],
    [
      'the sixth refusal of one row alone',
      'give_up rejected',
      REFUSED,
      { ...OTHERS_DELIVERED, rows: 1 },
      REFUSED_OFTEN,
    ],
    [
      'the sixth refusal for a reason that nobody has listed',
      'divide rejected',
      UNKNOWN,
      OTHERS_DELIVERED,
      REFUSED_OFTEN,
    ],
    [
      'the sixth refusal while the server refuses everything',
      'retry signal, moved to the end',
      REFUSED,
      { deliveries: 1 },
      REFUSED_OFTEN,
    ],
    [
      'a refusal of what an earlier process left',
      'retry kind, moved to the end',
      REFUSED,
      { foreign: true },
    ],
    [
      'the sixth refusal of what an earlier configuration made',
      'retry kind, moved to the end',
      REFUSED,
      { ...OTHERS_DELIVERED, foreign: true },
      REFUSED_OFTEN,
    ],
    [
      'a server that is not there for what an earlier process left',
      'retry server',
      GONE,
      { foreign: true },
    ],
    ['more than one query may use, the first time', 'retry signal', TOO_MUCH],
    [
      'more than one query may use, twice in a row',
      'divide too_large',
      TOO_MUCH,
      {},
      { failures: 1, refusals: 1 },
    ],
    [
      'the same of what may have been stored',
      'retry signal',
      TOO_MUCH,
      {},
      { failures: 1, refusals: 1, ambiguous: true },
    ],
    [
      'the same of what an earlier process may have stored',
      'retry signal',
      TOO_MUCH,
      { recovered: true },
      { failures: 1, refusals: 1 },
    ],
    [
      'the same of what a client may repeat to another process',
      'retry signal',
      TOO_MUCH,
      { mayBeRepeated: true },
      { failures: 1, refusals: 1 },
    ],
    [
      'the same, six times in a row',
      'divide too_large',
      TOO_MUCH,
      { recovered: true, mayBeRepeated: true },
      { failures: 5, refusals: 5 },
    ],
    [
      'the same, when only one attempt is left',
      'divide too_large',
      TOO_MUCH,
      { recovered: true, maxRetries: 3 },
      { failures: 2, refusals: 2 },
    ],
    [
      'the same of a small batch',
      'retry signal',
      TOO_MUCH,
      { rawBytes: 1000 },
      { failures: 1, refusals: 1 },
    ],
    ['the last failure allowed', 'retry server', GONE, { maxRetries: 2 }, { failures: 1 }],
    [
      'one failure more',
      'drop retries_exhausted, server',
      GONE,
      { maxRetries: 2 },
      { failures: 2 },
    ],
    [
      'one failure more, of an attempt that a flush asked for',
      'retry server',
      GONE,
      { maxRetries: 2, hurried: true },
      { failures: 2 },
    ],
    [
      'one failure more of one batch alone',
      'drop retries_exhausted, batch',
      REFUSED,
      { ...OTHERS_DELIVERED, maxRetries: 2 },
      { ...FAILED_ONCE, failures: 2 },
    ],
  ])('%s: %s', (_, verdict, outcome, facts, history) => {
    expect(verdictOn(outcome, facts, history)).toBe(verdict)
  })
})

describe('what a batch remembers', () => {
  const after = (outcome: Retry, history: Partial<History> = {}, hurried = false) =>
    afterFailure({ ...NEW, ...history }, outcome, { deliveries: 4, hurried })

  test('failures, and refusals as long as there is no other failure between them', () => {
    expect(after(REFUSED, { failures: 2, refusals: 2 })).toMatchObject({ failures: 3, refusals: 3 })
    expect(after(GONE, { failures: 2, refusals: 2 })).toMatchObject({ failures: 3, refusals: 0 })
    expect(after(REFUSED, { failures: 2, refusals: 2 }, true)).toMatchObject({
      failures: 2,
      refusals: 2,
    })
  })

  test('that an attempt may have been written, for ever', () => {
    expect(after(LOST).ambiguous).toBe(true)
    expect(after(GONE, { ambiguous: true }).ambiguous).toBe(true)
    expect(after(GONE).ambiguous).toBe(false)
  })

  test('deadlines that were met while rows were sent', () => {
    expect(after({ ...GONE, timedOut: true }).timeouts).toBe(1)
    expect(after({ ...GONE, timedOut: true, unsent: true }).timeouts).toBe(0)
  })

  test('nothing of a failure when it is only made whole', () => {
    const { history } = decide({ ...REFUSED, refusesForm: true }, NEW, {
      ...FACTS,
      mayBeForm: true,
    })
    expect(history).toEqual(NEW)
  })

  test.each<Outcome>([
    { status: 'delivered' },
    BUSY,
    { status: 'too_large', error: ANSWER },
    { status: 'missing_table', error: ANSWER },
    BAD_ROW,
  ])(
    'that the rows may be there, when the request was sent twice, or another shard has taken its part (%o)',
    (outcome) => {
      expect(decide({ ...outcome, replayed: true }, NEW, FACTS).history.ambiguous).toBe(true)
      expect(decide({ ...outcome, partly: true }, NEW, FACTS).history.ambiguous).toBe(true)
      expect(decide(outcome, NEW, FACTS).history.ambiguous).toBe(false)
    },
  )
})

describe('rows that get another token may be there under the present one', () => {
  const doubled = (outcome: Outcome, history: Partial<History>, facts: Partial<Facts> = {}) => {
    const { verdict } = decide(outcome, { ...NEW, ...history }, { ...FACTS, ...facts })
    return 'doubled' in verdict && verdict.doubled
  }

  test('if an earlier attempt may have stored them, and they are refused for no known reason', () => {
    const history = { ...REFUSED_OFTEN, ambiguous: true }
    expect(doubled(UNKNOWN, history, OTHERS_DELIVERED)).toBe(true)
    expect(doubled(UNKNOWN, REFUSED_OFTEN, OTHERS_DELIVERED)).toBe(false)
  })

  test.each<[string, Outcome, Partial<Facts>?]>([
    ['are too large', { status: 'too_large', error: ANSWER }],
    ['are made whole', { ...REFUSED, refusesForm: true }, { mayBeForm: true }],
  ])('if another host may have stored them, and they %s', (_, outcome, facts) => {
    const doubt = { host: {}, since: 0, isDoubled: false }
    expect(doubled({ ...outcome, doubt }, { ambiguous: true }, facts)).toBe(true)
    expect(doubled({ ...outcome, doubt }, {}, facts)).toBe(false)
    // The same server, or the proxy before it, would have refused the same request before.
    expect(doubled(outcome, { ambiguous: true }, facts)).toBe(false)
  })

  test('but not if the server refuses what is in them: it cannot have taken it before', () => {
    expect(doubled(BAD_ROW, { ambiguous: true })).toBe(false)
    expect(doubled(BAD_ROW, {}, { recovered: true })).toBe(false)
  })

  test.each<[string, Outcome, Partial<History>, Partial<Facts>?]>([
    ['always need more than one query may use', TOO_MUCH, { failures: 5, refusals: 5 }],
    ['are refused for no known reason', UNKNOWN, REFUSED_OFTEN, OTHERS_DELIVERED],
  ])(
    'if another process may make the same batch of a repeated request, and may not have to divide it, and they %s',
    (_, outcome, history, facts) => {
      expect(doubled(outcome, history, { ...facts, mayBeRepeated: true })).toBe(true)
      expect(doubled(outcome, history, facts)).toBe(false)
    },
  )

  test('but not if another process would have to divide them, too', () => {
    const tooLarge: Outcome = { status: 'too_large', error: ANSWER }
    expect(doubled(tooLarge, {}, { mayBeRepeated: true })).toBe(false)
    expect(doubled(BAD_ROW, {}, { mayBeRepeated: true })).toBe(false)
  })

  test.each<[string, Outcome, Partial<History>, Partial<Facts>?]>([
    ['are too large now', { status: 'too_large', error: ANSWER }, {}],
    ['always need more than one query may use', TOO_MUCH, { failures: 5, refusals: 5 }],
    ['are refused for no known reason', UNKNOWN, REFUSED_OFTEN, OTHERS_DELIVERED],
  ])(
    'if an earlier process may have stored them, under other limits or at another server, and they %s',
    (_, outcome, history, facts) => {
      expect(doubled(outcome, history, { ...facts, recovered: true })).toBe(true)
      expect(doubled(outcome, history, facts)).toBe(false)
    },
  )
})
