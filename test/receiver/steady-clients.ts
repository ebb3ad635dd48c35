import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { Random } from '../faults/seed.js'
import type { SignalName } from '../kit/numbered-records.mjs'
import { REQUESTS } from './numbered-requests.js'
import { type Calls, framed, METHODS, openCalls, post } from './post.js'

const SIGNAL_NAMES: readonly SignalName[] = ['traces', 'logs', 'metrics']
const OK = 0
const UNAVAILABLE = 14
/** The receiver was killed between the headers and the trailers of its answer. */
const NO_STATUS = -1
const RETRY_MS = 30

export interface SteadyOptions {
  /** Eight hexadecimal digits, with which all ids begin. */
  readonly run: string
  readonly httpPort: number
  readonly grpcPort: number
  readonly random: Random
  /** Pause between two requests of a client. */
  readonly everyMs: number
  readonly mostRecords?: number
  /** Called when the answer has begun to come; if it returns true, the client acts as if it had not. */
  readonly loses?: () => boolean
}

/** Clients of each signal and protocol, which send every request again until it is acknowledged. */
export interface SteadyClients {
  /** The ids of all records, of which all are acknowledged after `stop()`. */
  readonly ids: Readonly<Record<SignalName, readonly string[]>>
  readonly requests: number
  /** Requests that were sent again, because there was no answer or one that says so. */
  readonly repeats: number
  /** The longest time from sending a request first to its acknowledgement, in milliseconds. */
  readonly longestMs: number
  /** Answers after which a client would give up. There must be none. */
  readonly refusals: readonly string[]
  /** Resolves when each request is acknowledged. */
  stop(): Promise<void>
}

export function startSteadyClients(options: SteadyOptions): SteadyClients {
  const { run, random, everyMs, mostRecords = 20, loses = () => false } = options
  const ids: Record<SignalName, string[]> = { traces: [], logs: [], metrics: [] }
  const refusals: string[] = []
  const agent = new Agent({ keepAlive: true })
  const calls = openCalls(options.grpcPort)
  let [made, requests, repeats, longestMs] = [0, 0, 0, 0]
  let stopped = false

  async function oneRequest(signal: SignalName, send: Send): Promise<void> {
    const some = Array.from({ length: random.between(1, mostRecords) }, () => {
      made++
      return run + made.toString(16).padStart(8, '0')
    })
    ids[signal].push(...some)
    const body = REQUESTS[signal](some)
    requests++
    const startedAt = performance.now()
    for (;;) {
      const fate = await send(signal, body).catch(() => 'again')
      if (fate === 'taken' && !loses()) break
      if (fate !== 'taken' && fate !== 'again') {
        refusals.push(fate)
        break
      }
      repeats++
      await sleep(RETRY_MS)
    }
    longestMs = Math.max(longestMs, performance.now() - startedAt)
  }

  async function keepSending(signal: SignalName, send: Send): Promise<void> {
    while (!stopped) {
      await oneRequest(signal, send)
      await sleep(everyMs)
    }
  }

  const sends = [overHttp(options.httpPort, agent, random), overGrpc(calls, random)]
  const ends = SIGNAL_NAMES.flatMap((signal) => sends.map((send) => keepSending(signal, send)))
  return {
    ids,
    refusals,
    get requests() {
      return requests
    },
    get repeats() {
      return repeats
    },
    get longestMs() {
      return longestMs
    },
    async stop() {
      stopped = true
      await Promise.all(ends)
      agent.destroy()
      calls.close()
    },
  }
}

/** Resolves with `taken`, `again`, or what was refused; rejects if there is no answer. */
type Send = (signal: SignalName, body: Buffer) => Promise<string>

function overHttp(port: number, agent: Agent, random: Random): Send {
  return async (signal, body) => {
    const isZipped = random.chance(0.5)
    const { status, body: said } = await post(
      { port, path: `/v1/${signal}`, agent },
      isZipped ? gzipSync(body) : body,
      {
        'content-type': 'application/x-protobuf',
        ...(isZipped && { 'content-encoding': 'gzip' }),
      },
    )
    if (status === 200) return said.length === 0 ? 'taken' : `partly taken: ${said.toString('hex')}`
    return [429, 502, 503, 504].includes(status) ? 'again' : `HTTP ${status}: ${said}`
  }
}

function overGrpc(calls: Calls, random: Random): Send {
  return async (signal, body) => {
    const isZipped = random.chance(0.5)
    const { status, headers } = await calls.call(
      isZipped ? framed(gzipSync(body), 1) : framed(body),
      { ':path': METHODS[signal], ...(isZipped && { 'grpc-encoding': 'gzip' }) },
    )
    if (status === OK) return 'taken'
    const again = [UNAVAILABLE, NO_STATUS].includes(status)
    return again ? 'again' : `gRPC ${status}: ${headers['grpc-message']}`
  }
}
