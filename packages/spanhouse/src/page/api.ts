/** What the page may ask. Every call may reject with a Refusal or a CommandError. */
export interface Api {
  get(name: string, asked: URLSearchParams, signal: AbortSignal): Promise<unknown>
  sql(sql: string, asked: URLSearchParams, signal: AbortSignal): Promise<unknown>
}

export function isApiPath(path: string): boolean {
  return path === '/api' || path.startsWith('/api/')
}
