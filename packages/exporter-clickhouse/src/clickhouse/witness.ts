import type { IncomingHttpHeaders } from 'node:http'
import type { Reply } from '../http/exchange.js'
import { isOurQueryId } from './query-id.js'

/** What the replies of a server have shown so far. */
export interface Known {
  /** There was a reply in HTTP. */
  readonly answers: boolean
  /** A reply had ClickHouse's headers. */
  readonly showsHeaders: boolean
}

export const NOTHING_KNOWN: Known = { answers: false, showsHeaders: false }

/** The facts about a request that are needed to judge its reply. */
export interface Asked {
  readonly queryId?: string
  /** A SELECT has a result in its body; an INSERT or a CREATE has none. */
  readonly hasResult?: boolean
}

/** Remembers what the replies of a server have shown. */
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

  /** A proxy has begun to remove the headers. */
  losesHeaders(): void {
    this.#showsHeaders = false
  }
}

/**
 * The reason why a reply that claims success is not ClickHouse's reply to this request, as the end of a phrase. Undefined if nothing
 * contradicts it.
 *
 * ClickHouse answers an INSERT with 200, an empty body and headers of its own, among them the query id (26.7 sends them all).
 * Proxies may remove these headers, and chproxy replaces the query id. So missing headers count only after this server has sent
 * them; until then an empty 200 is believed. A foreign query id proves nothing, but the id of another of our requests proves that
 * the reply belongs to that request.
 */
export function doubtOf(
  { status, headers, body }: Reply,
  { queryId, hasResult = false }: Asked,
  known: Known,
): string | undefined {
  const isOwn = hasOwnHeaders(headers)
  // Node joins a repeated header with a comma.
  const ids = String(headers['x-clickhouse-query-id'] ?? '').split(', ')
  if (queryId !== undefined && !ids.includes(queryId) && ids.some(isOurQueryId))
    return 'that belongs to another request'
  const type = headers['content-type'] ?? ''
  if (!isOwn && /html/i.test(type)) return 'with an HTML page'
  if (hasResult) return isOwn || !known.showsHeaders ? undefined : MISSING
  // A byte order mark or a line break added by a proxy does not count as a body.
  if (body.trim() !== '') return 'with a body, which ClickHouse does not send'
  if (isOwn) return undefined
  if (known.showsHeaders) return MISSING
  if (status !== 200) return 'with an empty body, which ClickHouse does not send'
  return /json|xml|protobuf|grpc/i.test(type) ? 'with an unexpected content type' : undefined
}

export const MISSING = 'without the headers of ClickHouse that this server sent before'

// The header with the exception code is not among them: no success has it.
const OWN_HEADERS = [
  'x-clickhouse-query-id',
  'x-clickhouse-summary',
  'x-clickhouse-server-display-name',
  'x-clickhouse-timezone',
]

export function hasOwnHeaders(headers: IncomingHttpHeaders): boolean {
  return OWN_HEADERS.some((name) => headers[name] !== undefined)
}
