import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Cors } from '../access/cors.js'
import type { TakePlace } from '../access/places.js'
import type { CheckToken } from '../access/token.js'
import { Refusal } from '../answers/refusal.js'
import { type Body, collect, tooLarge } from '../bodies/body.js'
import type { Budget } from '../bodies/budget.js'
import { encodingOf, inflated } from '../bodies/inflate.js'
import type { Format } from '../intake/decode.js'
import type { Desk } from '../intake/desk.js'
import { patienceOf } from '../intake/patience.js'
import type { Counts } from '../telemetry/counts.js'
import { answer, formatOf, refuse, text } from './exchange.js'

/** What requests are answered with. */
export interface Parts {
  readonly desks: readonly Desk[]
  readonly checkToken: CheckToken
  readonly takePlace: TakePlace
  readonly cors: Cors
  readonly maxBodyBytes: number
  readonly budget: Budget
  readonly holdMs: number
  readonly counts: Counts
  readonly isClosing: () => boolean
  /** The figures for Prometheus. */
  readonly figures: () => string
  /** Is told of our own mistakes. */
  readonly onMistake: (error: unknown) => void
}

/** Answers one request. Never rejects. */
export async function handle(
  parts: Parts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  request.on('error', () => {}) // a client that goes away is no mistake
  response.on('error', () => {})
  const format = formatOf(request.headers['content-type'])
  const desk = parts.desks.find(({ kind }) => kind.path === pathOf(request))
  try {
    for (const [name, value] of Object.entries(parts.cors.headers(request.headers.origin)))
      response.setHeader(name, value)
    if (desk) await take(parts, desk, format, request, response)
    else serveOthers(parts, request, response)
  } catch (error) {
    if (!(error instanceof Refusal) && hasGone(request)) return
    if (!(error instanceof Refusal)) parts.onMistake(error)
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal('our_mistake', 'The receiver has made a mistake: its log says more.')
    refuse(request, response, refusal, format)
  }
  if (desk && request.method === 'POST' && response.headersSent)
    parts.counts.answered(desk.kind.signal, 'http', response.statusCode)
}

async function take(
  parts: Parts,
  desk: Desk,
  format: Format | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { cors, checkToken, takePlace, holdMs } = parts
  const { headers, method } = request
  if (!cors.allows(headers.origin))
    throw new Refusal(
      'forbidden',
      'Web pages of this origin may not send here: name it in the option cors.',
    )
  if (method === 'OPTIONS') {
    response.writeHead(204, { allow: 'POST', ...cors.preflight(headers) })
    response.end()
    return
  }
  if (method !== 'POST') {
    response.setHeader('allow', 'POST')
    throw new Refusal('wrong_method', 'Send records with POST.')
  }
  checkToken(headers.authorization)
  if (!format)
    throw new Refusal(
      'unknown_type',
      'The content type must be application/x-protobuf or application/json.',
    )
  const leave = takePlace()
  const patience = patienceOf(holdMs)
  try {
    const body = await bodyOf(parts, request, patience.signal)
    const taken = await desk.take(body, format, patience.leftMs())
    answer(response, taken, format, desk.kind.rejectedField)
  } finally {
    patience.end()
    leave()
  }
}

function bodyOf(
  { maxBodyBytes: maxBytes, budget }: Parts,
  request: IncomingMessage,
  patience: AbortSignal,
): Promise<Body> {
  const { headers } = request
  const encoding = encodingOf(headers['content-encoding'])
  const length = headers['content-length']
  const announced = length === undefined ? undefined : Number(length)
  if (announced !== undefined && announced > maxBytes) throw tooLarge(maxBytes)
  const expected = encoding === 'identity' ? announced : undefined
  return collect(inflated(request, encoding), { maxBytes, budget, patience }, expected)
}

/** Everything but records. */
function serveOthers(
  { isClosing, figures }: Parts,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const path = pathOf(request)
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (path !== '/health' && path !== '/metrics')
    throw new Refusal(
      'unknown_path',
      'There is nothing here: records go to /v1/traces, /v1/logs and /v1/metrics.',
    )
  if (!isRead) {
    response.setHeader('allow', 'GET, HEAD')
    throw new Refusal('wrong_method', `Ask for ${path} with GET.`)
  }
  if (path === '/metrics') {
    text(response, 200, 'text/plain; version=0.0.4; charset=utf-8', figures())
    return
  }
  const closing = isClosing()
  text(
    response,
    closing ? 503 : 200,
    'application/json',
    `{"status":"${closing ? 'closing' : 'ok'}"}\n`,
  )
}

function pathOf({ url = '' }: IncomingMessage): string {
  const [path = ''] = url.split('?')
  return path
}

/** The client has left before its body was read, perhaps after it had sent all of it. So nobody waits for an answer any more. */
function hasGone(request: IncomingMessage): boolean {
  return request.destroyed && !request.readableEnded
}
