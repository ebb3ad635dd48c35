import {
  ClickHouseError,
  type DestinationConfig,
  errorText,
  type Outcome,
  openClient,
  openSender,
  type Sender,
} from '#exporter'

export type Row = Readonly<Record<string, unknown>>

export type Answer =
  | { readonly rows: readonly Row[]; readonly elapsedMs: number; readonly refused?: undefined }
  | { readonly refused: Refusal; readonly elapsedMs: number; readonly rows?: undefined }

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
  readonly sender: Sender
  /** Runs a SELECT; its numbers of 64 bits may be texts. Never rejects. The result must be shorter than 64 KiB. */
  rows(sql: string): Promise<Answer>
  /** Runs any other statement. */
  run(sql: string): Promise<Answer>
  readonly client: ReturnType<typeof openClient>
  close(): void
}

// A person waits for the answer.
const MAX_WAIT_MS = 8000

export const ACCESS_DENIED = 497
export const READONLY = 164
export const UNKNOWN_TABLE = 60
export const SYNTAX_ERROR = 62

export function openServer(config: DestinationConfig): Server {
  const hurried = { ...config, timeoutMs: Math.min(config.timeoutMs, MAX_WAIT_MS) }
  const client = openClient(hurried, 4)
  const sender = openSender(hurried, () => {}, client)
  const answer = async (sql: string): Promise<Answer> => {
    const startedAt = performance.now()
    const { outcome, text } = await sender.run(sql)
    const elapsedMs = performance.now() - startedAt
    if (outcome.status !== 'delivered') return { refused: refusalOf(outcome), elapsedMs }
    return { rows: rowsIn(text), elapsedMs }
  }
  return {
    client,
    sender,
    rows: (sql) => answer(`${sql} FORMAT JSONEachRow`),
    run: answer,
    close: () => sender.close(), // and the client
  }
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
