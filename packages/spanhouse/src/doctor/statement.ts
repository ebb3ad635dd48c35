import {
  ClickHouseError,
  classify,
  type DestinationConfig,
  errorText,
  type Outcome,
  openClient,
  openLink,
  openSender,
  type Sender,
} from '#exporter'

export type Row = Readonly<Record<string, unknown>>

export type Answer =
  | (Success & { readonly elapsedMs: number; readonly refused?: undefined })
  | { readonly refused: Refusal; readonly elapsedMs: number; readonly rows?: undefined }

interface Success {
  /** Those of a result in JSON. */
  readonly rows: readonly Row[]
  readonly text: string
}

/** Why a statement has no result. */
export interface Refusal {
  /** A clause, without secrets. */
  readonly text: string
  readonly fix: string | undefined
  /** ClickHouse's exception code; 0 if it was not ClickHouse that refused. */
  readonly code: number
  readonly status: number
  readonly why: string
}

/** Statements for one destination, sent as the exporter sends its own. */
export interface Server {
  /** As the exporter asks about its table. */
  readonly asking: Pick<Sender, 'run' | 'leftOut'>
  /** Runs a SELECT; its numbers of 64 bits may be texts. Never rejects. The result must be shorter than 64 KiB. */
  rows(sql: string): Promise<Answer>
  /** As `rows`, with nothing sent that changes the user's profile. */
  bareRows(sql: string): Promise<Answer>
  /** Runs any other statement. */
  run(sql: string): Promise<Answer>
  /** The name by which ClickHouse knows us: headers and certificates decide it too. Empty if it does not say. */
  user(): Promise<string>
  readonly client: ReturnType<typeof openClient>
  close(): void
}

// A person waits for the answer.
const MAX_WAIT_MS = 8000

export const ACCESS_DENIED = 497
export const READONLY = 164
export const UNKNOWN_TABLE = 60
export const SYNTAX_ERROR = 62

/** `maxWaitMs`: for each statement. */
export function openServer(config: DestinationConfig, maxWaitMs: number = MAX_WAIT_MS): Server {
  const hurried = { ...config, timeoutMs: Math.min(config.timeoutMs, maxWaitMs) }
  const client = openClient(hurried, 4)
  const link = openLink(hurried, client)
  const sender = openSender(hurried, () => {}, link)
  const closing = new AbortController()
  let refusesSettings = false
  const bare = async (sql: string): ReturnType<Sender['run']> => {
    const post = {
      path: '/',
      headers: {},
      body: Buffer.from(sql),
      deadlineMs: hurried.timeoutMs,
      repeatable: true,
    }
    const exchange = await client.send(post, closing.signal)
    const outcome = classify(exchange, { hasResult: true })
    return { outcome, text: 'reply' in exchange ? exchange.reply.body : '' }
  }
  const run: Sender['run'] = async (sql, repeatable) => {
    if (refusesSettings) return await bare(sql)
    const first = await sender.run(sql, repeatable)
    // A user with readonly = 1 may read, but not change any setting, and the exporter sends some with each statement.
    if (codeOf(first.outcome) !== READONLY || sql.startsWith('INSERT ')) return first
    refusesSettings = true
    return await bare(sql)
  }
  const answer = async (sql: string, how = run): Promise<Answer> => {
    const startedAt = performance.now()
    const { outcome, text } = await how(sql)
    const elapsedMs = performance.now() - startedAt
    if (outcome.status !== 'delivered') return { refused: refusalOf(outcome), elapsedMs }
    return { rows: rowsIn(text), text, elapsedMs }
  }
  let user: Promise<string> | undefined
  const askUser = async () => {
    const { rows } = await answer('SELECT currentUser() AS user FORMAT JSONEachRow')
    return String(rows?.[0]?.['user'] ?? '')
  }
  return {
    client,
    user() {
      user ??= askUser()
      return user
    },
    asking: { run, leftOut: sender.leftOut },
    rows: (sql) => answer(`${sql} FORMAT JSONEachRow`),
    bareRows: (sql) => answer(`${sql} FORMAT JSONEachRow`, bare),
    run: (sql) => answer(sql),
    close() {
      closing.abort()
      sender.close()
      link.close() // and the client
    },
  }
}

function codeOf(outcome: Outcome): number {
  if (outcome.status === 'delivered') return 0
  return outcome.error instanceof ClickHouseError ? outcome.error.code : 0
}

export function refusalOf(outcome: Exclude<Outcome, { status: 'delivered' }>): Refusal {
  const { error, fix } = { fix: undefined, ...outcome }
  const isOurs = error instanceof ClickHouseError
  return {
    text: errorText(error),
    fix,
    code: isOurs ? error.code : 0,
    status: isOurs ? error.httpStatus : 0,
    why: outcome.status === 'retry' ? outcome.why : outcome.status,
  }
}

/** A result that was cut loses its last row. */
function rowsIn(text: string): Row[] {
  return text.split('\n').flatMap((line) => {
    try {
      const row: unknown = JSON.parse(line)
      return typeof row === 'object' && row !== null ? [row as Row] : []
    } catch {
      return []
    }
  })
}
