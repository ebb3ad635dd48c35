import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClickHouseError, classify, oneLine, openClient, type TableName } from '#exporter'
import { TOO_MANY_QUERIES } from '../clickhouse/failures.js'
import { ReadError } from '../clickhouse/read-error.js'
import { CommandError } from '../terminal/command-error.js'
import { failure } from '../writing/patiently.js'
import type { ReplayDestination } from './destination.js'

/** Makes sure that only one process works on a table. */
export interface TableLock {
  /** Resolves when this process has the lock; at once if it has it already. Rejects if another one keeps it. */
  hold(): Promise<void>
  release(): void
}

/** How long the query lasts if nobody ends it. A profile may allow less. When it has ended, the lock is taken again before the next batch. */
const SECONDS = 600
/** A server notices within a second or two that a process was killed. */
const PATIENCE_MS = 10_000
const POLL_MS = 100
const REFUSED_WITHIN_MS = 2000
const SAME_ID_IS_RUNNING = 216

/** The id of the query that holds the lock of a table. */
export function lockId({ database, table }: TableName): string {
  const digest = createHash('sha256').update(`${database}\0${table}`).digest('hex')
  return `spanhouse-replay-${digest.slice(0, 32)}`
}

export function needsTwoQueries({
  config: { username },
  url,
}: Pick<ReplayDestination, 'config' | 'url'>): CommandError {
  return new CommandError(
    `The replay of a table runs two queries at a time, of which one is its lock, and ClickHouse at ${url} runs no second one of the user '${oneLine(username)}' now: raise its max_concurrent_queries_for_user to 2 or more, use another user (--user), or try again when its other queries have ended.`,
  )
}

/**
 * The lock is a query that sleeps. A server runs no second query of the same id, and ends the query when the connection of this process ends,
 * for whatever reason. So no lock outlives its process, and no right is needed. It locks the table on this server only, not on its replicas.
 */
export function openTableLock(
  { config, reader, url }: ReplayDestination,
  at: TableName,
  signal: AbortSignal,
): TableLock {
  const client = openClient(config, 1)
  const ending = new AbortController()
  const id = lockId(at)
  const what = `${at.database}.${at.table}`
  const heldByAnother = new CommandError(
    `Another spanhouse replay works on ${what} at ${url}: try again when it has ended. (It has the lock as long as a query ${id} runs there.)`,
  )
  let isHeld = false

  /** Whether the query of this process runs. Undefined if the user may not see which queries run. */
  const isRunning = async (nonce: string) => {
    const answer = await reader
      .ask<{ runs: number }>(
        {
          name: 'lock',
          sql: 'SELECT toUInt32(count()) AS runs FROM system.processes WHERE query_id = {id:String} AND position(query, {nonce:String}) > 0',
          parameters: { id, nonce },
        },
        signal,
      )
      .catch((error) => {
        if (error instanceof ReadError && error.problem === 'refused') return undefined
        throw error
      })
    return answer && Number(answer.rows[0]?.runs) > 0
  }

  /** Starts the query, and resolves when it is answered: then this process has lost the lock, or another one has it. */
  const query = (nonce: string) => {
    const settings = {
      query: `SELECT sleepEachRow(1) FROM numbers(${SECONDS}) /* ${nonce} */`,
      query_id: id,
      max_block_size: '1', // the server looks at the connection between blocks
      cancel_http_readonly_queries_on_client_close: '1',
    }
    const get = {
      method: 'GET' as const, // so the query is a readonly one, as the last setting demands
      path: `/?${new URLSearchParams(settings)}`,
      headers: {},
      body: Buffer.alloc(0),
      deadlineMs: 2 * SECONDS * 1000,
      repeatable: false,
    }
    return client.send(get, ending.signal)
  }

  /** Resolves with nothing when this process has the lock, and with the reason if it does not have it but may get it later. */
  const acquire = async (): Promise<CommandError | undefined> => {
    const nonce = randomUUID()
    let answer: Awaited<ReturnType<typeof query>> | undefined
    const ended = query(nonce).then((exchange) => {
      answer = exchange
      isHeld = false
    })
    const startedAt = performance.now()
    while (answer === undefined) {
      // A server refuses a second query at once. If it did so later, `isHeld` would become false before the next batch.
      const runs = (await isRunning(nonce)) ?? performance.now() - startedAt > REFUSED_WITHIN_MS
      if (runs && answer === undefined) {
        isHeld = true
        return undefined
      }
      await Promise.race([ended, sleep(POLL_MS, undefined, { signal })])
    }
    const outcome = classify(answer, { hasResult: true })
    if (outcome.status === 'delivered') return heldByAnother // the query is over already: try again
    const code = outcome.error instanceof ClickHouseError ? outcome.error.code : 0
    if (code === SAME_ID_IS_RUNNING) return heldByAnother
    if (code === TOO_MANY_QUERIES) throw needsTwoQueries({ config, url })
    const why = failure(`Locking ${what}`, url, outcome)
    // Somebody may end the query as soon as it runs: KILL QUERY … SYNC ends each one of this id until it sees none.
    if (outcome.status === 'retry' && outcome.why !== 'misconfigured') return why
    throw why
  }

  return {
    async hold() {
      const deadline = performance.now() + PATIENCE_MS
      while (!isHeld) {
        const why = await acquire()
        if (why === undefined) return
        if (performance.now() > deadline) throw why
        await sleep(POLL_MS, undefined, { signal })
      }
    },
    release() {
      ending.abort()
      client.close()
    },
  }
}
