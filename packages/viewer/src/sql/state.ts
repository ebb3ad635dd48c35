import { signal } from '@preact/signals'
import type { SqlAnswer } from '../api/answers.js'
import { askSql } from '../api/client.js'
import type { Failure } from '../common/result.js'
import { parameter } from '../shell/address.js'
import { forget, readHistory, remember, type Store } from './history.js'

/** What is in the box. It stays while other views are looked at. */
export const draft = signal('')

export type Run =
  | { readonly state: 'idle' }
  | { readonly state: 'running'; readonly sql: string; readonly sinceMs: number }
  | { readonly state: 'done'; readonly sql: string; readonly answer: SqlAnswer }
  | { readonly state: 'failed'; readonly sql: string; readonly error: Failure }

export const run = signal<Run>({ state: 'idle' })
/** The newest first. */
export const history = signal<readonly string[]>([])

let abort: AbortController | undefined

/** Runs what is in the box. What runs already is cancelled. */
export async function runDraft(): Promise<void> {
  const sql = draft.peek().trim()
  if (sql === '') return
  abort?.abort()
  const mine = new AbortController()
  abort = mine
  run.value = { state: 'running', sql, sinceMs: Date.now() }
  history.value = remember(browserStore(), sql)
  const result = await askSql(sql, parameter('table'), mine.signal)
  if (abort !== mine) return
  abort = undefined
  if (mine.signal.aborted) return
  run.value = result.ok
    ? { state: 'done', sql, answer: result.value }
    : { state: 'failed', sql, error: result.error }
}

export function cancelRun(): void {
  abort?.abort()
  abort = undefined
  run.value = { state: 'idle' }
}

export function loadHistory(): void {
  history.value = readHistory(browserStore())
}

export function clearHistory(): void {
  forget(browserStore())
  history.value = []
}

/** Reading `localStorage` itself throws where the browser forbids it. */
function browserStore(): Store | undefined {
  try {
    return localStorage
  } catch {
    return undefined
  }
}
