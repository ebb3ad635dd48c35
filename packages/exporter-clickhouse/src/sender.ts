import type { PressedBatch } from './batch.js'
import { classify } from './classify.js'
import type { DestinationConfig } from './config.js'
import { watchForHangs } from './hang-watch.js'
import { type Client, openClient } from './http.js'
import { type Insert, isForConfiguredTable, isOurs, postOf } from './insert.js'
import type { Outcome, Retry } from './outcome.js'
import { createTables } from './schema.js'

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
  client: Client = openClient(config, MAX_CONCURRENCY + SPARE_SOCKETS),
): Sender {
  const ping = (signal: AbortSignal) => client.send(PING, signal)
  const watch = watchForHangs(async (signal) => 'reply' in (await ping(signal)))
  const unknownSettings = new Set<string>()
  let requests = 0
  let creating: Promise<Outcome> | undefined

  async function insertOnce(batch: PressedBatch, insert: Insert, how: How): Promise<Outcome> {
    requests++
    const post = postOf(insert, batch, unknownSettings, how)
    return classify(await watch.watched((signal) => client.send(post, signal)))
  }

  async function run(
    statement: string,
    repeatable = true,
  ): Promise<{ outcome: Outcome; text: string }> {
    const post = {
      path: '/',
      headers: {},
      body: Buffer.from(statement),
      deadlineMs: config.timeoutMs,
      repeatable,
    }
    const exchange = await watch.watched((signal) => client.send(post, signal))
    return { outcome: classify(exchange), text: 'reply' in exchange ? exchange.reply.body : '' }
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
        const leftOut = unknownSettings.size
        const outcome = await insertOnce(batch, insert, how)
        if (
          outcome.status === 'unknown_setting' &&
          // It may have become known while this one was under way.
          (unknownSettings.size > leftOut || !unknownSettings.has(outcome.setting)) &&
          isOurs(outcome.setting, config)
        ) {
          unknownSettings.add(outcome.setting)
          continue
        }
        if (outcome.status !== 'missing_table' || config.manageSchema !== 'create') return outcome
        if (!isForConfiguredTable(insert, config)) return outcome // of an earlier configuration, from the spool
        // Every batch in flight gets this answer; one creation serves them all.
        creating ??= createTables(config, run).finally(() => {
          creating = undefined
        })
        const created = await creating
        if (created.status === 'delivered') {
          // Dropped between the two, or created on another node: that is no reason to wait for a human.
          if (++creations < MAX_CREATIONS) continue
          return { status: 'retry', why: 'transient', error: outcome.error }
        }
        // Whatever is wrong with the statement, it says nothing against the rows.
        return created.status === 'retry'
          ? { ...created, refusesForm: false }
          : { status: 'retry', why: 'misconfigured', error: created.error }
      }
    },
    close() {
      watch.close()
      client.close()
    },
  }
}
