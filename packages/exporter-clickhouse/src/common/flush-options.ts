/** How long a flush may take, in milliseconds. */
export interface FlushOptions {
  timeoutMs?: number | undefined
  /** The same, by the name that the SDK's providers of logs use. */
  timeoutMillis?: number | undefined
}

export function timeoutOf({ timeoutMs, timeoutMillis }: FlushOptions): number | undefined {
  return timeoutMs ?? timeoutMillis
}
