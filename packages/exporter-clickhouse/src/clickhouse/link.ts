import type { DestinationConfig } from '../config/config.js'
import { type Client, openClient } from '../http/client.js'
import type { Exchange } from '../http/exchange.js'
import { type HangWatch, watchForHangs } from '../http/hang-watch.js'
import { LeftOut } from './left-out.js'
import { Witness } from './witness.js'

/** The way to one server, shared by all senders to it: its connections, and what its replies have shown. */
export interface Link {
  readonly client: Client
  readonly watch: HangWatch
  readonly witness: Witness
  readonly leftOut: LeftOut
  ping(signal: AbortSignal): Promise<Exchange>
  /** Aborts everything that is in flight, and closes the connections. */
  close(): void
}

const PING_DEADLINE_MS = 2000
const PING = {
  method: 'GET',
  path: '/ping',
  headers: {},
  body: Buffer.alloc(0),
  deadlineMs: PING_DEADLINE_MS,
  repeatable: true,
} as const

export const MAX_CONCURRENCY = 4
// A ping must not queue behind the requests that hang.
const SPARE_SOCKETS = 2

/** How many connections this number of senders needs, each with all of its requests under way. */
export function socketsFor(senders: number): number {
  return senders * MAX_CONCURRENCY + SPARE_SOCKETS
}

/** `whenSilent`: called when a ping beside a request gets no answer; returns whether another host can take rows. */
export function openLink(
  config: DestinationConfig,
  client: Client = openClient(config, socketsFor(1)),
  leftOut: LeftOut = new LeftOut(config),
  whenSilent?: () => boolean,
): Link {
  const ping = (signal: AbortSignal) => client.send(PING, signal)
  const watch = watchForHangs(async (signal) => 'reply' in (await ping(signal)), whenSilent)
  return {
    client,
    watch,
    witness: new Witness(),
    leftOut,
    ping,
    close() {
      watch.close()
      client.close()
    },
  }
}
