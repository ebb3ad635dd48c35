import type { Agent } from 'node:http'
import { type Link, openLink, socketsFor } from '../clickhouse/link.js'
import { openSender, type Sender } from '../clickhouse/sender.js'
import type { DestinationConfig } from '../config/config.js'
import { openClient, type Pool } from '../http/client.js'
import { type DestinationLog, type ServerLog, serverLog } from '../telemetry/log.js'
import { SharedPace } from './shared-pace.js'

/** One server of the process, as long as a destination uses it. */
interface Server {
  readonly pool: Pool
  readonly link: Link
  readonly pace: SharedPace
  readonly log: ServerLog
  sharers: number
}

/** The share of one destination in its server. */
export interface Share {
  readonly sender: Sender
  readonly pace: SharedPace
  readonly log: DestinationLog
  /** Aborts the requests of this destination. The last one that leaves closes the connections. */
  readonly leave: () => void
}

const servers = new Map<string, Server>()
const agents = new WeakMap<Agent, number>()
let agentsSeen = 0

/** How many servers are in use. */
export function serversInUse(): number {
  return servers.size
}

/**
 * The server of a destination. All destinations of the process that have the same name and the same options of a server share it, whatever
 * their signal: its connections, its pace, and the log lines about it. `warnings`: whether everybody may be warned of it.
 */
export function shareServer(config: DestinationConfig, warnings: boolean): Share {
  const key = keyOf(config)
  const server = servers.get(key) ?? openServer(config)
  servers.set(key, server)
  server.pool.resize(socketsFor(++server.sharers))
  const log = server.log.of(config.signal, warnings)
  const sender = openSender(config, log.refusedCompanion, server.link)
  let hasLeft = false
  return {
    sender,
    pace: server.pace,
    log,
    leave() {
      if (hasLeft) return
      hasLeft = true
      sender.close()
      server.pool.resize(socketsFor(Math.max(--server.sharers, 1)))
      if (server.sharers > 0) return
      servers.delete(key)
      server.pace.close()
      server.link.close()
    },
  }
}

function openServer(config: DestinationConfig): Server {
  const pool = openClient(config, socketsFor(1))
  return {
    pool,
    link: openLink(config, pool),
    pace: new SharedPace(config.retry),
    log: serverLog(config.name, config.endpoint),
    sharers: 0,
  }
}

/** Contains secrets: it stays in memory. */
function keyOf(config: DestinationConfig): string {
  const { name, endpoint, username, password, tls, headers, settings, timeoutMs, retry } = config
  const { maxRetries, ...others } = retry
  return JSON.stringify([
    name,
    endpoint.href,
    username,
    password,
    tls,
    headers,
    settings,
    timeoutMs,
    String(maxRetries), // perhaps Infinity
    others,
    config.agent ? numberOf(config.agent) : 0,
  ])
}

function numberOf(agent: Agent): number {
  const number = agents.get(agent) ?? ++agentsSeen
  agents.set(agent, number)
  return number
}
