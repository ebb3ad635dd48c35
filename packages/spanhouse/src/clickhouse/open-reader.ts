import { exceptionCode, oneLine, type Reply as PlainReply } from '#exporter'
import { type Asked, type Exchanges, type NoReply, openExchanges, type Reply } from './exchange.js'
import { failureOfException, failureOfNetwork, failureOfReply } from './failures.js'
import { type Limits, OWN_LIMITS, SETTING_NAMES, SQL_LIMITS, settingsOf } from './limits.js'
import { onceFree } from './once-free.js'
import { ReadError } from './read-error.js'
import type { Connection, Reader } from './reader.js'
import { normalisedSql, refusalOfStatement } from './reading-only.js'
import { FORMAT, NATIVE, type Parsed, parseLines } from './rows.js'
import { findLogTables, findTables } from './tables.js'
import { unlessAborted } from './unless-aborted.js'

/** The first limit is short: whether a server is there should be known soon. */
const GREETING_LIMITS: Limits = { ...OWN_LIMITS, seconds: 5 }

interface Greeting {
  readonly version: string
  /** Settings that this user may not change. */
  readonly refused: ReadonlySet<string>
  /** Whether the server lets this user only read. */
  readonly isReadonly: boolean
}

/** What the rest needs of an answer. */
interface Result extends Parsed {
  readonly elapsedMs: number
  readonly rowsRead: number
  readonly isCut: boolean
}

/** Opens no connection before the first question. */
export function openReader(connection: Connection): Reader {
  const exchanges = openExchanges(connection)
  const ask = asker(exchanges, connection)

  let greeting: Promise<Greeting> | undefined
  /** Asked once, unless it fails. It does not end with the signal of one caller: others wait for it too. */
  const greet = () => {
    greeting ??= meet(ask).catch((error) => {
      greeting = undefined
      throw error
    })
    return greeting
  }

  const answer = async (asked: Omit<Asked, 'settings'>) => {
    const { refused } = await unlessAborted(greet(), asked.signal)
    return ask({ ...asked, settings: permitted(asked.limits, refused) })
  }

  const reader: Reader = {
    connection,
    async ask({ sql, parameters }, signal, limits = OWN_LIMITS) {
      const result = await answer({ sql, parameters, limits, signal })
      const { names, rows, elapsedMs, rowsRead, isCut } = result
      return {
        rows: rows.map((row) => objectOf(names, row)) as never[],
        elapsedMs,
        rowsRead,
        truncated: isCut,
      }
    },
    native: ({ sql, parameters }, signal, limits = OWN_LIMITS) =>
      onceFree(async () => {
        const { refused } = await unlessAborted(greet(), signal)
        const settings = permitted(limits, refused)
        const reply = replied(
          await exchanges.send({ sql, parameters, limits, signal, settings, format: NATIVE }),
          limits,
          connection,
        )
        const plain = plainReply(reply)
        if (isFailure(reply) || reply.headers['x-clickhouse-format'] !== NATIVE)
          throw failureOfReply({ ...plain, body: plain.body.slice(0, 20_000) }, connection)
        // A user who may change no setting gets no wait_end_of_query: an exception then stands after the rows.
        const end = { ...plain, body: plain.body.slice(-20_000) }
        if (refused.size > 0 && exceptionCode(end) > 0)
          throw failureOfException(exceptionCode(end), end.body, connection)
        if (reply.isCut)
          throw new ReadError('limit', `The rows of one step are more than ${limits.bytes} bytes`)
        return Buffer.from(reply.text, 'latin1')
      }, signal),
    async askSql(sql, signal, database) {
      const { isReadonly } = await unlessAborted(greet(), signal)
      if (!isReadonly)
        throw new ReadError(
          'refused',
          `The user '${oneLine(connection.username)}' may write, and its profile does not let us set readonly=1`,
          { fix: 'use a user with readonly=1 for SQL of your own' },
        )
      const limits = SQL_LIMITS
      const written = await answer({ sql: normalisedSql(sql), limits: OWN_LIMITS, signal })
      const refusal = refusalOfStatement(String(written.rows[0]?.[0]))
      if (refusal) throw refusal
      const { names, types, rows, elapsedMs, rowsRead, isCut } = await answer({
        sql,
        limits,
        signal,
        database,
      })
      return {
        columns: names.map((name, index) => ({ name, type: types[index] ?? '' })),
        rows: rows.slice(0, limits.rows),
        elapsedMs,
        rowsRead,
        truncated: isCut || rows.length > limits.rows,
      }
    },
    version: async (signal) => (await unlessAborted(greet(), signal)).version,
    tables: (signal) => findTables(reader, signal),
    logTables: (signal) => findLogTables(reader, signal),
    close: () => exchanges.close(),
  }
  return reader
}

/** Finds out which settings this user may change, with a query of ours: what SQL of the user's says must not widen its limits. */
async function meet(ask: ReturnType<typeof asker>): Promise<Greeting> {
  const sql = "SELECT version() AS version, toInt32(getSetting('readonly')) AS readonly"
  const refused = new Set<string>()
  for (;;) {
    const settings = permitted(GREETING_LIMITS, refused)
    try {
      const { rows } = await ask({ sql, limits: GREETING_LIMITS, settings })
      const [version, readonly] = rows[0] ?? []
      return { version: String(version), refused, isReadonly: Number(readonly) > 0 }
    } catch (error) {
      const name = error instanceof ReadError ? error.refusedSetting : undefined
      if (name === undefined || refused.has(name) || !SETTING_NAMES.includes(name)) throw error
      // A user with readonly=2 may set all but `readonly`; one with readonly=1 may set nothing.
      const isNone = error instanceof ReadError && error.code === 164 && name !== 'readonly'
      for (const one of isNone ? SETTING_NAMES : [name]) refused.add(one)
    }
  }
}

/** The settings of a query, without those that this user may not change. */
function permitted(limits: Limits, refused: ReadonlySet<string>): Asked['settings'] {
  const all = Object.entries(settingsOf(limits)).filter(([name]) => !refused.has(name))
  // With it an error has its own status, and the summary is that of the whole query. The server holds the answer back meanwhile, so
  // only an answer of limited size may have it. It is no setting.
  const isLimited = !refused.has('max_result_rows') && !refused.has('max_execution_time')
  return { ...Object.fromEntries(all), ...(isLimited && { wait_end_of_query: 1 }) }
}

function asker(exchanges: Exchanges, connection: Connection) {
  return (asked: Asked): Promise<Result> =>
    onceFree(
      async () =>
        resultOf(replied(await exchanges.send(asked), asked.limits, connection), connection),
      asked.signal,
    )
}

function replied(reply: Reply | NoReply, { seconds }: Limits, connection: Connection): Reply {
  if (!('error' in reply)) return reply
  const { error, reason } = reply
  if (reason === 'network') throw failureOfNetwork(error, connection)
  if (reason === 'aborted') throw new ReadError('aborted', 'The query was cancelled')
  throw new ReadError('limit', `${connection.url} gave no complete answer in ${seconds} s`, {
    fix: 'choose a shorter time range, or check that ClickHouse runs there and is not overloaded',
  })
}

function plainReply({ status, headers, text, isCut }: Reply): PlainReply {
  return { status, headers, body: text, complete: !isCut }
}

function isFailure({ status, headers }: Reply): boolean {
  return status < 200 || status >= 300 || Number(headers['x-clickhouse-exception-code']) > 0
}

function resultOf(reply: Reply, connection: Connection): Result {
  const { headers, text, elapsedMs, isCut } = reply
  const plain = plainReply(reply)
  if (isFailure(reply)) throw failureOfReply(plain, connection)
  const format = headers['x-clickhouse-format']
  const read = /"read_rows":"?(\d+)/.exec(String(headers['x-clickhouse-summary']))?.[1]
  const rowsRead = Number(read ?? 0)
  // Lists of another format would be taken for names and types.
  const isOurs = format === undefined || format === FORMAT
  const parsed = isOurs ? parseLines(text) : undefined
  if (parsed === undefined) {
    if (headers['x-clickhouse-server-display-name'] === undefined && format === undefined)
      throw failureOfReply(plain, connection)
    // USE and the like have no rows.
    if (text.trim() === '')
      return { names: [], types: [], rows: [], rest: '', elapsedMs, rowsRead, isCut }
    if (exceptionCode(plain) > 0) throw failureOfException(exceptionCode(plain), text, connection)
    throw new ReadError(
      'query',
      `The answer has the format ${oneLine(String(format ?? 'none'))}, which cannot be shown here`,
      { fix: 'leave out FORMAT' },
    )
  }
  if (parsed.rest !== '' && !isCut) {
    const failed: PlainReply = { ...plain, body: parsed.rest.slice(-20_000) }
    throw failureOfException(Math.max(0, exceptionCode(failed)), failed.body, connection)
  }
  return { ...parsed, elapsedMs, isCut, rowsRead }
}

function objectOf(names: readonly string[], row: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name, index) => [name, row[index]]))
}
