import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { startDeadline } from '#exporter'
import type { TakePlace } from '../access/places.js'
import type { CheckToken } from '../access/token.js'
import { Refusal } from '../answers/refusal.js'
import { collect } from '../bodies/body.js'
import type { Budget } from '../bodies/budget.js'
import { encodingOf } from '../bodies/inflate.js'
import type { Desk } from '../intake/desk.js'
import { patienceOf } from '../intake/patience.js'
import type { Counts } from '../telemetry/counts.js'
import { messageIn } from './message.js'
import { refuse, refuseHttp, reply } from './reply.js'
import { holdOf } from './timeout.js'

/** What calls are answered with. */
export interface Parts {
  readonly desks: readonly Desk[]
  readonly checkToken: CheckToken
  readonly takePlace: TakePlace
  readonly maxBodyBytes: number
  readonly budget: Budget
  readonly holdMs: number
  readonly requestTimeoutMs: number
  readonly counts: Counts
  /** Is told of our own mistakes. */
  readonly onMistake: (error: unknown) => void
}

/** Answers one call. Never rejects. */
export async function answerCall(
  parts: Parts,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Promise<void> {
  stream.on('error', () => {}) // a client that goes away is no mistake
  if (!/^application\/grpc(\+proto)?\s*(;|$)/i.test(headers['content-type'] ?? ''))
    return refuseHttp(stream, 415)
  if (headers[':method'] !== 'POST') return refuseHttp(stream, 405)
  const desk = parts.desks.find(({ kind }) => kind.method === headers[':path'])
  const status = await outcomeOf(parts, desk, stream, headers)
  if (desk) parts.counts.answered(desk.kind.signal, 'grpc', status)
}

/** Answers, and resolves with the status. */
async function outcomeOf(
  parts: Parts,
  desk: Desk | undefined,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Promise<number> {
  try {
    if (!desk)
      throw new Refusal('unknown_path', 'There is no such method: this is an OTLP receiver.')
    await take(parts, desk, stream, headers)
    return 0
  } catch (error) {
    const isGone = stream.destroyed || stream.aborted
    if (!(error instanceof Refusal) && !isGone) parts.onMistake(error)
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal('our_mistake', 'The receiver has made a mistake: its log says more.')
    refuse(stream, refusal)
    return isGone ? CANCELLED : refusal.grpcStatus
  }
}

const CANCELLED = 1

async function take(
  { checkToken, takePlace, maxBodyBytes: maxBytes, budget, holdMs, requestTimeoutMs }: Parts,
  desk: Desk,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Promise<void> {
  checkToken(headers.authorization)
  const encoding = encodingOf(textOf(headers['grpc-encoding']))
  const leave = takePlace()
  const patience = patienceOf(holdOf(textOf(headers['grpc-timeout']), holdMs))
  // A client that sends slowly ends here; one that is gone ends by itself.
  const cancel = startDeadline(
    requestTimeoutMs,
    () => refuse(stream, new Refusal('too_slow', 'The request took too long to arrive.')),
    { ref: false },
  )
  try {
    const frames = stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
    const limits = { maxBytes, budget, patience: patience.signal }
    const body = await collect(messageIn(frames, encoding, maxBytes), limits)
    cancel()
    reply(stream, await desk.take(body, 'protobuf', patience.leftMs()))
  } finally {
    cancel()
    patience.end()
    leave()
  }
}

function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0]
}
