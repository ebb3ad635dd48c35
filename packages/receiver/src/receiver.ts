import { once } from 'node:events'
import { diag } from '@opentelemetry/api'
import { errorText, parseConfig, startDeadline, warnEverybody } from '#exporter'
import { newCors } from './access/cors.js'
import { isLoopback } from './access/loopback.js'
import { newPlaces } from './access/places.js'
import { newTokenCheck } from './access/token.js'
import { newBudget } from './bodies/budget.js'
import { configOf } from './config.js'
import { newGrpcServer } from './grpc/server.js'
import { newHttpServer } from './http/server.js'
import { type Desk, openDesk } from './intake/desk.js'
import { KINDS } from './intake/kind.js'
import { listen } from './listen.js'
import type { ReceiverOptions } from './options.js'
import { newCounts } from './telemetry/counts.js'
import { exposition } from './telemetry/exposition.js'
import type { ReceiverStats } from './telemetry/stats.js'

/** A running receiver. */
export interface Receiver {
  /** Of OTLP/HTTP; undefined if that is off. */
  readonly httpPort: number | undefined
  /** Of OTLP/gRPC; undefined if that is off. */
  readonly grpcPort: number | undefined
  stats(): ReceiverStats
  /**
   * Takes no further requests, answers those in progress, and then delivers the rows that wait. Each of the two steps takes at most
   * `limits.closeTimeoutMs`. Rows that are left and not on disk are counted as dropped. Never rejects.
   */
  close(): Promise<void>
}

/**
 * Takes OTLP over HTTP and gRPC and writes it into ClickHouse. Resolves when it listens; nothing is asked of ClickHouse. Throws a TypeError or
 * a ConfigError for options that cannot be used, and an Error if a port cannot be used. `env`: the variables of the exporter.
 */
export async function openReceiver(
  options: ReceiverOptions = {},
  env: NodeJS.ProcessEnv = process.env,
): Promise<Receiver> {
  const config = configOf(options)
  const { host, limits, tls, holdMs, acknowledge } = config
  const { exporter = {} } = options
  const given = { ...exporter, shutdownTimeoutMs: limits.closeTimeoutMs }
  // The pipelines of all signals are checked before the first is opened.
  const [ofTraces, ofLogs, ofMetrics] = [
    parseConfig('traces', given as never, env),
    parseConfig('logs', given as never, env),
    parseConfig('metrics', given as never, env),
  ]
  const traces = openDesk(KINDS[0], ofTraces, acknowledge)
  const logs = openDesk(KINDS[1], ofLogs, acknowledge)
  const metrics = openDesk(KINDS[2], ofMetrics, acknowledge)
  const desks = [traces, logs, metrics] as readonly Desk[]
  const budget = newBudget(limits.bytesInProgress)
  const counts = newCounts()
  const stats = (): ReceiverStats => ({
    requests: counts.all,
    bytesInProgress: budget.used,
    signals: { traces: traces.stats(), logs: logs.stats(), metrics: metrics.stats() },
  })
  let isClosing = false
  const parts = {
    desks,
    checkToken: newTokenCheck(config.token),
    takePlace: newPlaces(),
    cors: newCors(config.origins),
    maxBodyBytes: limits.bodyBytes,
    requestTimeoutMs: limits.requestTimeoutMs,
    budget,
    holdMs,
    counts,
    isClosing: () => isClosing,
    figures: () => exposition(stats()),
    onMistake,
  }
  const http = config.httpPort === false ? undefined : newHttpServer(parts, limits, tls)
  const grpc = config.grpcPort === false ? undefined : newGrpcServer(parts, limits, tls)

  async function endServers(): Promise<void> {
    const closed = [http, grpc?.server].map((server) => server?.listening && once(server, 'close'))
    http?.close()
    http?.closeIdleConnections()
    grpc?.server.close()
    grpc?.goAway()
    await before(limits.closeTimeoutMs, Promise.all(closed))
    http?.closeAllConnections()
    grpc?.destroyAll()
  }

  let closed: Promise<void> | undefined
  const close = (): Promise<void> => {
    closed ??= (async () => {
      isClosing = true
      await endServers()
      await Promise.all(desks.map((desk) => desk.close()))
    })()
    return closed
  }

  try {
    const httpPort = http && (await listen(http, config.httpPort as number, host, 'OTLP/HTTP'))
    const grpcPort =
      grpc && (await listen(grpc.server, config.grpcPort as number, host, 'OTLP/gRPC'))
    if (config.token === undefined && tls?.clientCa === undefined && !isLoopback(host))
      warnOfOpenDoor(ofTraces.warnings)
    return { httpPort, grpcPort, stats, close }
  } catch (error) {
    await close()
    throw error
  }
}

const OPEN =
  'the receiver listens on a public address without a token, so everybody who reaches it may write: give it a token (the option token, or --token-file).'

/** `visibly`: whether `process.emitWarning` may be called. */
function warnOfOpenDoor(visibly: boolean): void {
  try {
    diag.warn(`spanhouse: ${OPEN}`)
  } catch {} // the application's logger may throw
  if (visibly) warnEverybody('SPANHOUSE_OPEN_RECEIVER', OPEN, OPEN)
}

function onMistake(error: unknown): void {
  try {
    const text = `the receiver could not answer a request, by a mistake of its own: ${errorText(error)}`
    diag.error(`spanhouse: ${text}`, error)
  } catch {} // the application's logger may throw
}

/** Resolves when the work is done, or after so many milliseconds. */
function before(ms: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = startDeadline(ms, () => resolve())
    const end = () => {
      cancel()
      resolve()
    }
    work.then(end, end)
  })
}
