import type { PressedBatch } from './batch.js'
import { classify } from './classify.js'
import type { DestinationConfig } from './config.js'
import type { ClickHouseError } from './errors.js'
import { watchForHangs } from './hang-watch.js'
import { type Client, openClient } from './http.js'
import { type Insert, isOurs, postOf, statementPath } from './insert.js'
import type { Outcome, Retry } from './outcome.js'
import { createTables, type Refused } from './schema.js'

/** Attempts at one server. */
export interface Sender {
  /** One attempt to insert a batch: one request, but for a table to be created or a setting to be left out first. */
  attempt(batch: PressedBatch, insert: Insert, how: How & { pingFirst: boolean }): Promise<Outcome>
  /** A statement of its own. `repeatable` (default true): it may reach the server twice without harm. */
  run(statement: string, repeatable?: boolean): Promise<{ outcome: Outcome; text: string }>
  /** Requests with rows so far. */
  readonly requests: number
  /** Settings of ours that the server does not know. */
  readonly unknownSettings: ReadonlySet<string>
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
  let requests = 0
  let creating: Promise<Outcome> | undefined
  /** What an INSERT found missing. Until all of it is there no row is sent: a view has only the rows that come after it. */
  let missing: ClickHouseError | undefined

  async function insertOnce(batch: PressedBatch, insert: Insert, how: How): Promise<Outcome> {
    requests++
    const post = postOf(insert, batch, unknownSettings, how)
    return classify(await watch.watched((signal) => client.send(post, signal)))
  }

  async function run(
    statement: string,
    repeatable = true,
  ): Promise<{ outcome: Outcome; text: string }> {
    for (;;) {
      const leftOut = unknownSettings.size
      const post = {
        path: statementPath(unknownSettings),
        headers: {},
        body: Buffer.from(statement),
        deadlineMs: config.timeoutMs,
        repeatable,
      }
      const exchange = await watch.watched((signal) => client.send(post, signal))
      const outcome = classify(exchange)
      if (canDoWithout(outcome, leftOut)) continue
      return { outcome, text: 'reply' in exchange ? exchange.reply.body : '' }
    }
  }

  /** Whether a setting of ours was in the way, and is left out from now on. `leftOut`: how many were, when it was sent. */
  function canDoWithout(outcome: Outcome, leftOut: number): boolean {
    if (outcome.status !== 'unknown_setting' || !isOurs(outcome.setting, config)) return false
    // It may have become known while this one was under way.
    if (unknownSettings.size <= leftOut && unknownSettings.has(outcome.setting)) return false
    unknownSettings.add(outcome.setting)
    return true
  }

  /** Every batch in flight finds the same missing; one creation serves them all. */
  async function create(what: ClickHouseError): Promise<Outcome> {
    creating ??= createTables(config, what, run, onRefused).finally(() => {
      creating = undefined
    })
    const created = await creating
    // After a refusal the INSERT is asked again first: somebody may have created the table by hand.
    const interrupted = created.status === 'retry' && created.why !== 'misconfigured'
    if (!interrupted) missing = undefined
    if (created.status === 'delivered') return created
    // Whatever is wrong with the statement, it says nothing against the rows.
    if (created.status === 'retry') return { ...created, refusesForm: false }
    const { error, fix } = { fix: undefined, ...created }
    return { status: 'retry', why: 'misconfigured', error, fix }
  }

  return {
    unknownSettings,
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
          return { ...classify({ ...pong, bodyStarted: false }), unsent: true } as Retry
      }
      for (let creations = 0; ; ) {
        if (missing) {
          const created = await create(missing)
          if (created.status !== 'delivered') return created
        }
        const leftOut = unknownSettings.size
        const outcome = await insertOnce(batch, insert, how)
        if (canDoWithout(outcome, leftOut)) continue
        if (outcome.status !== 'missing_table' || config.manageSchema !== 'create') return outcome
        // Dropped between the two, or created on another node: that is no reason to wait for a human.
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
