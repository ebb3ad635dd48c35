import type { Agent } from 'node:http'
import { Hosts } from '../clickhouse/hosts.js'
import { openLink, socketsFor } from '../clickhouse/link.js'
import { openSender, type Sender } from '../clickhouse/sender.js'
import { openSenderOfHosts } from '../clickhouse/sender-of-hosts.js'
import type { TableNews } from '../clickhouse/tables.js'
import type { DestinationConfig } from '../config/config.js'
import { openClient } from '../http/client.js'
import { type DestinationLog, type ServerLog, serverLog } from '../telemetry/log.js'
import { SharedPace } from './shared-pace.js'

/** The way to the one host or the several hosts of a server. */
interface Way {
  senderFor(config: DestinationConfig, tell: (news: TableNews) => void): Sender
  /** How many destinations share it. */
  resize(sharers: number): void
  close(): void
}

/** One server of the process, as long as a destination uses it. */
interface Server {
  readonly way: Way
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
  server.way.resize(++server.sharers)
  const log = server.log.of(config.signal, warnings)
  const sender = server.way.senderFor(config, log.table)
  let hasLeft = false
  return {
    sender,
    pace: server.pace,
    log,
    leave() {
      if (hasLeft) return
      hasLeft = true
      sender.close()
      server.way.resize(Math.max(--server.sharers, 1))
      if (server.sharers > 0) return
      servers.delete(key)
      server.pace.close()
      server.way.close()
    },
  }
}

function openServer(config: DestinationConfig): Server {
  const log = serverLog(config.name, config.endpoint)
  return { way: wayTo(config, log), pace: new SharedPace(config.retry), log, sharers: 0 }
}

function wayTo(config: DestinationConfig, log: ServerLog): Way {
  if (config.hosts) {
    const hosts = new Hosts(config, config.hosts, log.hosts)
    return {
      senderFor: (_, tell) => openSenderOfHosts(hosts, tell),
      resize: (sharers) => hosts.resize(sharers),
      close: () => hosts.close(),
    }
  }
  const pool = openClient(config, socketsFor(1))
  const link = openLink(config, pool)
  return {
    senderFor: (of, tell) => openSender(of, tell, link),
    resize: (sharers) => pool.resize(socketsFor(sharers)),
    close: link.close,
  }
}

/** Contains secrets: it stays in memory. */
function keyOf(config: DestinationConfig): string {
  const { name, endpoint, hosts, username, password, tls, headers, settings, timeoutMs, retry } =
    config
  const { maxRetries, ...others } = retry
  return JSON.stringify([
    name,
    endpoint.href,
    hosts, // a URL is written as its text
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
