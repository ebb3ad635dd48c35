import { randomUUID } from 'node:crypto'

let mark: string | undefined

/** A new id for one request, with a prefix that marks it as one of this process. */
export function newQueryId(): string {
  mark ??= `spanhouse-${randomUUID().slice(0, 8)}-`
  return mark + randomUUID()
}

/** Whether this process has made it, for any request. */
export function isOurQueryId(id: string): boolean {
  return mark !== undefined && id.startsWith(mark)
}
