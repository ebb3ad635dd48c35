import type { IncomingHttpHeaders } from 'node:http'
import type { Reply } from './http.js'
import { isOurQueryId } from './query-id.js'

/** What a server has shown of itself so far. */
export interface Known {
  /** Something answered in HTTP. */
  readonly answers: boolean
  /** Its answers bear the headers of ClickHouse. */
  readonly showsHeaders: boolean
}

export const NOTHING_KNOWN: Known = { answers: false, showsHeaders: false }

/** What was asked, as far as the answer depends on it. */
export interface Asked {
  readonly queryId?: string
  /** A SELECT has an answer; an INSERT, and what creates a table, has none. */
  readonly hasResult?: boolean
}

/** Remembers what a server has shown of itself. */
export class Witness implements Known {
  #answers = false
  #showsHeaders = false

  get answers(): boolean {
    return this.#answers
  }

  get showsHeaders(): boolean {
    return this.#showsHeaders
  }

  saw({ headers }: Reply): void {
    this.#answers = true
    this.#showsHeaders ||= hasOwnHeaders(headers)
  }

  /** Something on the way has begun to take the headers away. */
  losesHeaders(): void {
    this.#showsHeaders = false
  }
}

/**
 * Why an answer that claims success is none of ClickHouse's, as the end of a phrase; undefined if nothing speaks against it.
 *
 * ClickHouse answers an INSERT with 200, an empty body and headers of its own, among them the id of the query (all of that in
 * 26.7). Proxies may take such headers away, and one of them, chproxy, puts ids of its own in place of ours. So headers are missed
 * only once the server has shown them, and until then an empty 200 will do; and an id that is not ours proves nothing, but
 * one that is of another of our requests proves that the answer belongs to that.
 */
export function doubtOf(
  { status, headers, body }: Reply,
  { queryId, hasResult = false }: Asked,
  known: Known,
): string | undefined {
  const isOwn = hasOwnHeaders(headers)
  // A header that is there twice is one text with a comma.
  const ids = String(headers['x-clickhouse-query-id'] ?? '').split(', ')
  if (queryId !== undefined && !ids.includes(queryId) && ids.some(isOurQueryId))
    return 'that belongs to another request'
  const type = headers['content-type'] ?? ''
  if (!isOwn && /html/i.test(type)) return 'with a page'
  if (hasResult) return isOwn || !known.showsHeaders ? undefined : MISSING
  // A byte order mark, or a line break, that a proxy adds is no answer.
  if (body.trim() !== '') return 'with a body, which ClickHouse does not send'
  if (isOwn) return undefined
  if (known.showsHeaders) return MISSING
  if (status !== 200) return 'and nothing else, which ClickHouse does not send'
  return /json|xml|protobuf|grpc/i.test(type) ? 'with another type of content' : undefined
}

export const MISSING = 'without the headers of ClickHouse that were there before'

// Not the exception's code: no success bears it.
const OWN_HEADERS = [
  'x-clickhouse-query-id',
  'x-clickhouse-summary',
  'x-clickhouse-server-display-name',
  'x-clickhouse-timezone',
]

export function hasOwnHeaders(headers: IncomingHttpHeaders): boolean {
  return OWN_HEADERS.some((name) => headers[name] !== undefined)
}
