import { randomUUID } from 'node:crypto'
import { quoteText } from '@spanhouse/transform'
import type { PressedBatch } from '../batching/batch.js'
import type { ClickHouseError } from '../common/errors.js'
import type { DestinationConfig } from '../config/config.js'
import { SETTINGS } from '../config/insert-settings.js'
import { type Client, openClient } from '../http/client.js'
import type { Exchange } from '../http/exchange.js'
import { watchForHangs } from '../http/hang-watch.js'
import { classify } from './classify.js'
import { type Insert, isForConfiguredTable, isOurs, postOf, statementPath } from './insert.js'
import type { Outcome, Retry } from './outcome.js'
import { createTables, type Refused } from './tables.js'
import { type Asked, hasOwnHeaders, Witness } from './witness.js'

/** Attempts at one server. */
export interface Sender {
  /** One attempt to insert a batch: one request, but for a table to be created or a setting to be left out first. */
  attempt(batch: PressedBatch, insert: Insert, how: How & { pingFirst: boolean }): Promise<Outcome>
  /** A statement of its own. `repeatable` (default true): it may reach the server twice without harm. */
  run(statement: string, repeatable?: boolean): Promise<{ outcome: Outcome; text: string }>
  /** Requests with rows so far. */
  readonly requests: number
  /** Settings of ours that are left out because the server does not know or forbids them. */
  readonly unknownSettings: ReadonlySet<string>
  /** Those of them that a constraint forbids to this user: another value is in effect on the server. */
  readonly forbiddenSettings: ReadonlySet<string>
  /** Aborts what is in flight. */
  close(): void
}

const MAX_CREATIONS = 3

/** `repeatable`: the server deduplicates, so far as we know. */
interface How {
  readonly deadlineMs: number
  readonly repeatable: boolean
}

export const MAX_CONCURRENCY = 4
// A ping must not queue behind the requests that hang.
const SPARE_SOCKETS = 2
const PING_DEADLINE_MS = 2000
const PING = {
  method: 'GET',
  path: '/ping',
  headers: {},
  body: Buffer.alloc(0),
  deadlineMs: PING_DEADLINE_MS,
  repeatable: true,
} as const

export function openSender(
  config: DestinationConfig,
  onRefused: (refused: Refused) => void,
  client: Client = openClient(config, MAX_CONCURRENCY + SPARE_SOCKETS),
): Sender {
  const ping = (signal: AbortSignal) => client.send(PING, signal)
  const watch = watchForHangs(async (signal) => 'reply' in (await ping(signal)))
  const unknownSettings = new Set<string>()
  const forbiddenSettings = new Set<string>()
  const witness = new Witness()
  let requests = 0
  let creating: Promise<Outcome> | undefined
  /** The error that says what an INSERT found missing. No row is sent until all of it is created: a view has only the rows that come after it. */
  let missing: ClickHouseError | undefined

  async function insertOnce(batch: PressedBatch, insert: Insert, how: How): Promise<Outcome> {
    requests++
    const post = postOf(insert, batch, unknownSettings, how)
    return await read(await watch.watched((signal) => client.send(post, signal)), post)
  }

  async function read(exchange: Exchange, asked: Asked): Promise<Outcome> {
    const outcome = classify(exchange, asked, witness)
    if ('reply' in exchange) witness.saw(exchange.reply)
    const isDoubted = outcome.status === 'retry' && outcome.missesHeaders === true
    if (!isDoubted || !(await answersWithoutHeaders())) return outcome
    witness.losesHeaders()
    return classify(exchange, asked, witness)
  }

  /** Whether it is ClickHouse that answers although its headers are missing: a proxy that came later may take them away. */
  async function answersWithoutHeaders(): Promise<boolean> {
    const word = randomUUID()
    const exchange = await ask(`SELECT reverse('${word}') FORMAT TSV`, true)
    if ('error' in exchange || hasOwnHeaders(exchange.reply.headers)) return false
    return exchange.reply.body.trim() === [...word].reverse().join('')
  }

  function ask(statement: string, repeatable: boolean): Promise<Exchange> {
    const post = {
      path: statementPath(unknownSettings),
      headers: {},
      body: Buffer.from(statement),
      deadlineMs: config.timeoutMs,
      repeatable,
    }
    return watch.watched((signal) => client.send(post, signal))
  }

  async function run(
    statement: string,
    repeatable = true,
  ): Promise<{ outcome: Outcome; text: string }> {
    for (;;) {
      const leftOut = unknownSettings.size
      const exchange = await ask(statement, repeatable)
      const outcome = await read(exchange, { hasResult: !statement.startsWith('INSERT ') })
      if (canDoWithout(outcome, leftOut)) continue
      return { outcome, text: 'reply' in exchange ? exchange.reply.body : '' }
    }
  }

  /** Whether a setting of ours caused the outcome and is left out from now on. `leftOut`: how many were left out when the request was sent. */
  function canDoWithout(outcome: Outcome, leftOut: number, insert?: Insert): boolean {
    if (!('setting' in outcome) || !isOurs(outcome.setting, config)) return false
    const { status, setting } = outcome
    if (status === 'forbidden_setting' && isEssential(setting, insert)) return false
    // It was already left out when this was sent, so leaving it out does not help.
    if (unknownSettings.size <= leftOut && unknownSettings.has(setting)) return false
    unknownSettings.add(setting)
    if (status === 'forbidden_setting') forbiddenSettings.add(setting)
    return true
  }

  /** Whether the server's own value of a setting that we may not send is as good. */
  async function doesAsWell(setting: string, leftOut: number): Promise<boolean> {
    const enough = isOurs(setting, config) ? SETTINGS[setting]?.enough : undefined
    if (enough === undefined) return false
    // Another request may have found this out meanwhile.
    if (unknownSettings.has(setting)) return unknownSettings.size > leftOut
    const { outcome, text } = await run(
      `SELECT value FROM system.settings WHERE name = ${quoteText(setting)} FORMAT TSV`,
    )
    return outcome.status === 'delivered' && Number(text) >= enough
  }

  /** All batches in flight find the same thing missing; one creation serves them all. */
  async function create(what: ClickHouseError): Promise<Outcome> {
    creating ??= createTables(config, what, run, onRefused).finally(() => {
      creating = undefined
    })
    const created = await creating
    // After a refusal the next attempt starts with the INSERT again: somebody may have created the table by hand.
    const interrupted = created.status === 'retry' && created.why !== 'misconfigured'
    if (!interrupted) missing = undefined
    if (created.status === 'delivered') return created
    // Whatever is wrong with this statement, the form of the rows is not the cause.
    if (created.status === 'retry') return { ...created, refusesForm: false }
    const { error, fix } = { fix: undefined, ...created }
    return { status: 'retry', why: 'misconfigured', error, fix }
  }

  return {
    unknownSettings,
    forbiddenSettings,
    run,
    get requests() {
      return requests
    },
    async attempt(batch, insert, how) {
      // A server that hung gets no rows before it has answered anything at all: so its return is
      // seen within seconds, and no attempt hangs for a whole deadline.
      if (how.pingFirst) {
        const pong = await watch.watched(ping)
        if ('error' in pong)
          return { ...(await read({ ...pong, bodyStarted: false }, {})), unsent: true } as Retry
      }
      for (let creations = 0; ; ) {
        if (missing) {
          const created = await create(missing)
          if (created.status !== 'delivered') return created
        }
        const leftOut = unknownSettings.size
        const outcome = await insertOnce(batch, insert, how)
        if (canDoWithout(outcome, leftOut, insert)) continue
        if (outcome.status === 'forbidden_setting') {
          if (!(await doesAsWell(outcome.setting, leftOut))) return held(outcome, insert, config)
          unknownSettings.add(outcome.setting)
          continue
        }
        if (outcome.status !== 'missing_table' || config.manageSchema !== 'create') return outcome
        if (!isForConfiguredTable(insert, config)) return outcome // it is from the spool, written under an earlier configuration
        // The table was dropped meanwhile, or created on another node: that passes without anybody's help.
        if (creations++ === MAX_CREATIONS)
          return { status: 'retry', why: 'transient', error: outcome.error }
        missing = outcome.error
      }
    },
    close() {
      watch.close()
      client.close()
    },
  }
}

type Forbidden = Extract<Outcome, { setting: string }>

/** Whether to hold rows rather than send them without this setting. */
function isEssential(setting: string, insert: Insert | undefined): boolean {
  // It matters only where the server gathers rows into batches of its own.
  if (setting === 'wait_for_async_insert') return insert?.settings['async_insert'] === '1'
  return SETTINGS[setting]?.essential === true
}

/** Rows that wait until a constraint on a setting is lifted. */
function held({ error, setting }: Forbidden, insert: Insert, config: DestinationConfig): Outcome {
  const fix = isOurs(setting, config)
    ? `\`${setting}\` must be ${insert.settings[setting]}: allow it to this user, or change its profile. Otherwise: ${SETTINGS[setting]?.without}`
    : `Remove \`${setting}\` from \`settings\`, or allow it to this user.`
  return { status: 'retry', why: 'misconfigured', error, fix }
}
