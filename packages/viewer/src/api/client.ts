import type { Failure, Result } from '../common/result.js'
import type { Answer, Asked, Meta, QueryName, Rows, SqlAnswer } from './answers.js'
import { beginWaiting } from './waiting.js'

/** The server ends every query itself before this, so it only ends a request to a server that hangs. */
const DEADLINE_MS = 90_000

/** Asks a named query of the server. */
export function ask<Name extends QueryName>(
  name: Name,
  asked: Asked,
  signal?: AbortSignal,
): Promise<Result<Answer<Rows[Name]>>> {
  return request(`/api/${name}${queryText(asked)}`, {}, signal)
}

export function askMeta(table: string, signal?: AbortSignal): Promise<Result<Meta>> {
  return request(`/api/meta${queryText({ table })}`, {}, signal)
}

export function askSql(
  sql: string,
  table: string,
  signal?: AbortSignal,
): Promise<Result<SqlAnswer>> {
  const headers = { 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body: JSON.stringify({ sql }) }
  return request(`/api/sql${queryText({ table })}`, init, signal)
}

/** The query string, with its question mark; empty if nothing is asked with. */
export function queryText(asked: Asked): string {
  const given = Object.entries(asked).filter(([, value]) => value !== undefined && value !== '')
  if (given.length === 0) return ''
  return `?${new URLSearchParams(given.map(([name, value]) => [name, `${value}`]))}`
}

/** Set once the server has refused this page's token: every view then says how to get a new link. */
let whenRefused: () => void = () => {}
export function onRefused(listener: () => void): void {
  whenRefused = listener
}

async function request<Value>(
  path: string,
  init: RequestInit,
  signal: AbortSignal | undefined,
): Promise<Result<Value>> {
  const endWaiting = beginWaiting()
  const abort = new AbortController()
  const cancel = () => abort.abort()
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    abort.abort()
  }, DEADLINE_MS)
  if (signal?.aborted) cancel()
  signal?.addEventListener('abort', cancel)
  try {
    const response = await fetch(path, {
      ...init,
      signal: abort.signal,
      credentials: 'same-origin',
    })
    if (response.status === 401) whenRefused()
    const body: unknown = await response.json().catch(() => undefined)
    if (response.ok && body !== undefined) return { ok: true, value: body as Value }
    return { ok: false, error: failureOf(response.status, body) }
  } catch {
    return { ok: false, error: isLate ? LATE : GONE }
  } finally {
    endWaiting()
    clearTimeout(timer)
    signal?.removeEventListener('abort', cancel)
  }
}

const GONE: Failure = {
  status: 0,
  message: 'spanhouse does not answer.',
  fix: 'Start it again in the terminal; the page goes on by itself if the address is the same.',
}

const LATE: Failure = {
  status: 0,
  message: `No answer within ${DEADLINE_MS / 1000} seconds.`,
  fix: 'Choose a shorter time range.',
}

function failureOf(status: number, body: unknown): Failure {
  const said = (body as { error?: { message?: unknown; fix?: unknown } } | undefined)?.error
  const message = typeof said?.message === 'string' ? said.message : `The answer is HTTP ${status}.`
  return typeof said?.fix === 'string' ? { status, message, fix: said.fix } : { status, message }
}
