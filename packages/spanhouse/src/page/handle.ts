import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Api, isApiPath } from './api.js'
import { sqlIn } from './body.js'
import type { PageFile } from './files.js'
import type { Guard } from './guard.js'
import { HEADERS } from './headers.js'
import { Refusal, refusalOf } from './refusal.js'
import { REFUSAL_POLICY, refusalPage, refusalText } from './refusal-page.js'

/** Longer than any query may take, and shorter than the page waits. */
const DEADLINE_MS = 60_000

export type Files = ReadonlyMap<string, PageFile>

export interface Parts {
  readonly guard: Guard
  readonly api: Api
  readonly files: Files
  readonly onMistake: (error: unknown) => void
}

/** Answers one request. Never rejects. */
export async function handle(
  parts: Parts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
  const isApi = isApiPath(request.url ?? '')
  try {
    await route(parts, request, response)
  } catch (error) {
    if (response.destroyed) return
    const refusal = refusalOf(error)
    if (refusal.status === 500) parts.onMistake(error)
    // What has not been read of a body that is too long is not read.
    if (!request.complete) response.setHeader('Connection', 'close')
    if (isApi) sendJson(response, refusal.status, errorBody(refusal))
    else sendRefusal(request, response, refusal)
  }
}

async function route(
  { guard, api, files }: Parts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refusal = guard.refusal(request)
  if (refusal !== undefined) throw new Refusal(403, refusal)
  const url = addressOf(request)
  const isApi = isApiPath(url.pathname)
  const isPost = request.method === 'POST'
  if (isPost !== (url.pathname === '/api/sql') || !/^(GET|HEAD|POST)$/.test(request.method ?? ''))
    throw new Refusal(405, 'This address does not take such a request.')
  const token = url.searchParams.get('token')
  const hasToken = guard.isToken(token) || (!isApi && guard.takeTicket(token))
  if (!hasToken && !guard.hasCookie(request))
    throw new Refusal(
      401,
      'The token is missing or wrong.',
      'Open the address that spanhouse has printed in the terminal.',
    )
  if (isApi) return answerApi(api, url, request, response)
  if (hasToken) return redirectWithCookie(guard, url, response)
  sendFile(files, url.pathname, request, response)
}

function addressOf({ url = '/' }: IncomingMessage): URL {
  try {
    if (url.startsWith('/')) return new URL(`http://page.invalid${url}`)
  } catch {
    // such as `//[`
  }
  throw new Refusal(400, 'The address cannot be read.')
}

/** The token leaves the address bar, and the history, before the page is shown. */
function redirectWithCookie(guard: Guard, url: URL, response: ServerResponse): void {
  url.searchParams.delete('token')
  response.writeHead(303, {
    'Set-Cookie': guard.cookie,
    // Two slashes would lead to another host.
    Location: url.pathname.replace(/^[/\\]+/, '/') + url.search,
  })
  response.end()
}

async function answerApi(
  api: Api,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const ending = new AbortController()
  const late = new Refusal(504, 'The query took too long.', 'Choose a shorter time range.')
  const deadline = setTimeout(() => ending.abort(late), DEADLINE_MS)
  // Nobody waits for the answer any more, so its query ends too.
  response.on('close', () => ending.abort())
  try {
    const { pathname, searchParams } = url
    const body =
      pathname === '/api/sql'
        ? await api.sql(await sqlIn(request), searchParams, ending.signal)
        : await api.get(pathname.slice('/api/'.length), searchParams, ending.signal)
    sendJson(response, 200, body)
  } catch (error) {
    throw ending.signal.reason === late ? late : error
  } finally {
    clearTimeout(deadline)
  }
}

/** Views are links: a path without a file is one of them. */
function sendFile(
  files: Files,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const isView = !path.slice(path.lastIndexOf('/')).includes('.')
  const file = files.get(isView ? '/index.html' : path)
  if (!file && isView) throw new Refusal(500, 'The page is not in this installation of spanhouse.')
  if (!file) throw new Refusal(404, 'There is no such file.')
  const isPacked = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
  const body = isPacked ? file.gzip : file.body
  response.writeHead(200, {
    'Content-Type': file.type,
    'Content-Length': body.length,
    ...(isPacked && { 'Content-Encoding': 'gzip' }),
  })
  response.end(body)
}

function errorBody({ message, fix }: Refusal): object {
  return { error: { message, ...(fix !== undefined && { fix }) } }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(body))
}

/** A browser gets a small page, everything else the text. */
function sendRefusal(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  const isBrowser = /\btext\/html\b/.test(request.headers.accept ?? '')
  const { type, body } = isBrowser ? refusalPage(refusal) : refusalText(refusal)
  if (isBrowser) response.setHeader('Content-Security-Policy', REFUSAL_POLICY)
  response.writeHead(refusal.status, { 'Content-Type': `${type}; charset=utf-8` })
  response.end(body)
}
