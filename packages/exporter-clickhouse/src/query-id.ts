import { randomUUID } from 'node:crypto'

let mark: string | undefined

/** An id for one request. It says that it is one of this process's. */
export function newQueryId(): string {
  mark ??= `spanhouse-${randomUUID().slice(0, 8)}-`
  return mark + randomUUID()
}

/** Whether this process has made it, for whatever request. */
export function isOurQueryId(id: string): boolean {
  return mark !== undefined && id.startsWith(mark)
}
