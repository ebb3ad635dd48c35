import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { quoteText } from '@spanhouse/transform'
import type { CompressedBatch } from '../batching/batch.js'
import type { DestinationConfig, Target } from '../config/config.js'
import { SETTINGS } from '../config/insert-settings.js'
import type { Exchange } from '../http/exchange.js'
import { HEAD_BYTES } from '../http/reply-body.js'
import { classify } from './classify.js'
import { Creation } from './creation.js'
import type { Doubt } from './doubt.js'
import { type Insert, isOurs, postOf, statementPath } from './insert.js'
import { heldBack, type LeftOut } from './left-out.js'
import { type Link, openLink } from './link.js'
import type { Outcome, Retry, Unclear } from './outcome.js'
import { isRefusal, type TableNews } from './tables.js'
import { type Asked, hasOwnHeaders } from './witness.js'

/** The attempts of one destination at its server. Other senders may use the same link. */
export interface Sender {
  /**
   * One attempt to insert a batch: one request, unless a table has to be created or a setting to be left out first. `target`: the table, if
   * it may be created; undefined for a table that is not configured.
   */
  attempt(
    batch: CompressedBatch,
    insert: Insert,
    target: Target | undefined,
    how: How,
  ): Promise<Outcome>
  /** Runs a statement other than the INSERT of a batch. `repeatable` (default true): it may reach the server twice without harm. */
  run(statement: string, repeatable?: boolean): Promise<{ outcome: Outcome; text: string }>
  /** Requests of this sender with rows so far. */
  readonly requests: number
  readonly leftOut: Pick<LeftOut, 'names' | 'forbidden'>
  /** Aborts what this sender has in flight. The link stays open. */
  close(): void
}

export interface How {
  readonly deadlineMs: number
  /** The server deduplicates, as far as we know. */
  readonly repeatable: boolean
  /** Send no row to a server that does not answer a ping. */
  readonly pingFirst: boolean
  /** Where an earlier attempt may have written the rows. Only several hosts make a difference. */
  readonly doubt?: Doubt | undefined
  /** The process ends: a row may rather be stored at two hosts than be lost. */
  readonly isLast?: boolean
}

const MAX_CREATIONS = 3
const FIX_OF_FOREIGN_TABLE =
  'Create that table: the exporter creates only the tables that it is configured with, not those that `dispatch` names.'

// The list of the columns of a table with thousands of them, or with long types.
const KEPT_RESULT_BYTES = 4 * 1024 * 1024

function hasResult(statement: string): boolean {
  return !statement.startsWith('INSERT ')
}

/** As much of an exchange as is judged: more of it is a result, and may be long. */
function beginningOf(exchange: Exchange): Exchange {
  if ('error' in exchange) return exchange
  const { reply } = exchange
  return { ...exchange, reply: { ...reply, body: reply.body.slice(0, HEAD_BYTES) } }
}

export function openSender(
  config: DestinationConfig,
  tell: (news: TableNews) => void,
  { client, watch, witness, leftOut, ping }: Link = openLink(config),
): Sender {
  const closing = new AbortController()
  setMaxListeners(0, closing.signal) // each request in flight adds a listener
  const creations = new Map<Target, Creation>()
  let requests = 0

  async function insertOnce(batch: CompressedBatch, insert: Insert, how: How): Promise<Outcome> {
    requests++
    const post = postOf(insert, batch, leftOut.names, how)
    const exchange = await watch.watched((signal) => client.send(post, signal), closing.signal)
    return await read(exchange, post)
  }

  async function read(exchange: Exchange, asked: Asked): Promise<Outcome> {
    const outcome = classify(exchange, asked, witness)
    if ('reply' in exchange) witness.saw(exchange.reply)
    const isDoubted = outcome.status === 'retry' && outcome.missesHeaders === true
    if (!isDoubted || !(await answersWithoutHeaders())) return outcome
    witness.losesHeaders()
    return classify(exchange, asked, witness)
  }

  /** Whether ClickHouse answers, although its headers are missing: a proxy that was added later may remove them. */
  async function answersWithoutHeaders(): Promise<boolean> {
    const word = randomUUID()
    const exchange = await ask(`SELECT reverse('${word}') FORMAT TSV`, true)
    if ('error' in exchange || hasOwnHeaders(exchange.reply.headers)) return false
    return exchange.reply.body.trim() === [...word].reverse().join('')
  }

  function ask(statement: string, repeatable: boolean): Promise<Exchange> {
    const post = {
      path: statementPath(statement, leftOut.names),
      headers: {},
      body: Buffer.from(statement),
      deadlineMs: config.timeoutMs,
      repeatable,
      keptBytes: hasResult(statement) ? KEPT_RESULT_BYTES : undefined,
    }
    return watch.watched((signal) => client.send(post, signal), closing.signal)
  }

  async function run(
    statement: string,
    repeatable = true,
  ): Promise<{ outcome: Outcome; text: string }> {
    for (;;) {
      const leftOutThen = leftOut.names.size
      const exchange = await ask(statement, repeatable)
      const outcome = await read(beginningOf(exchange), { hasResult: hasResult(statement) })
      if (leftOut.learn(outcome, leftOutThen)) continue
      return { outcome, text: 'reply' in exchange ? exchange.reply.body : '' }
    }
  }

  /** Whether the server already has a good enough value for a setting that we may not send. */
  async function doesAsWell(setting: string, leftOutThen: number): Promise<boolean> {
    const enough = isOurs(setting, config) ? SETTINGS[setting]?.enough : undefined
    if (enough === undefined) return false
    // Another request may have found this out meanwhile.
    if (leftOut.names.has(setting)) return leftOut.names.size > leftOutThen
    const { outcome, text } = await run(
      `SELECT value FROM system.settings WHERE name = ${quoteText(setting)} FORMAT TSV`,
    )
    return outcome.status === 'delivered' && Number(text) >= enough
  }

  function creationOf(target: Target): Creation {
    const creation = creations.get(target) ?? new Creation(target, run, tell)
    creations.set(target, creation)
    return creation
  }

  /** Sends INSERTs until one is left whose answer asks for nothing that we can do: create the table, add columns, leave out a setting. */
  async function insertPrepared(
    insertNow: () => Promise<Outcome>,
    insert: Insert,
    target: Target | undefined,
  ): Promise<Outcome> {
    const creation = target && config.manageSchema === 'create' ? creationOf(target) : undefined
    for (let creations = 0, isWidened = false; ; ) {
      if (creation?.isDue) {
        const created = await creation.create()
        if (created.status !== 'delivered') return { ...created, lacksTable: true }
      }
      const leftOutThen = leftOut.names.size
      const outcome = await insertNow()
      if (outcome.status === 'delivered') creation?.took()
      if (leftOut.learn(outcome, leftOutThen, insert)) continue
      if (outcome.status === 'forbidden_setting') {
        const { setting } = outcome
        if (!(await doesAsWell(setting, leftOutThen))) return heldBack(outcome, insert, config)
        leftOut.add(setting)
        continue
      }
      if (creation && !isWidened && outcome.status === 'retry' && outcome.refusesColumns) {
        isWidened = true
        const added = await creation.addColumns()
        if (added?.status === 'delivered') continue
        return added && isRefusal(added)
          ? {
              status: 'retry',
              why: 'misconfigured',
              error: added.error,
              refusesColumns: true,
              ...('fix' in added && { fix: added.fix }),
            }
          : outcome
      }
      if (outcome.status !== 'missing_table') return outcome
      if (!target) return { ...outcome, fix: FIX_OF_FOREIGN_TABLE }
      if (!creation) return outcome
      // The table was dropped meanwhile, or created on another node: a later attempt will succeed without help.
      if (creations++ === MAX_CREATIONS)
        return { status: 'retry', why: 'transient', error: outcome.error }
      creation.foundMissing(outcome.error)
    }
  }

  return {
    leftOut,
    run,
    get requests() {
      return requests
    },
    async attempt(batch, insert, target, how) {
      // A server that hung gets no rows before it answers a ping: its return is noticed within seconds, and no attempt hangs for a
      // whole deadline.
      if (how.pingFirst) {
        const pong = await watch.watched(ping, closing.signal)
        if ('error' in pong) {
          const outcome = await read({ ...pong, bodyStarted: false }, {})
          return { ...outcome, unsent: true, ofServer: true } as Retry
        }
      }
      const unclear: { -readonly [Name in keyof Unclear]: Unclear[Name] } = {}
      const insertNow = async () => {
        const outcome = await insertOnce(batch, insert, how)
        if (outcome.replayed) unclear.replayed = true
        if (outcome.partly) unclear.partly = true
        return outcome
      }
      return { ...(await insertPrepared(insertNow, insert, target)), ...unclear }
    },
    close() {
      closing.abort(new Error('aborted: shutting down'))
    },
  }
}
