import { randomUUID } from 'node:crypto'

// One prefix for all exporters of the process: a proxy may mix up the replies of two of them. Made at the first request, because nothing runs at import.
let prefix: string | undefined

/** A new id for one request, with the prefix of this process. */
export function newQueryId(): string {
  prefix ??= `spanhouse-${randomUUID().slice(0, 8)}-`
  return prefix + randomUUID()
}

/** Whether the id was made by this process, for any request. */
export function isOurQueryId(id: string): boolean {
  return prefix !== undefined && id.startsWith(prefix)
}
