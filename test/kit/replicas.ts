import { join } from 'node:path'
import type { DebianPackages } from './debian-packages.js'
import { clickHouse, type Program, zooKeeper } from './debian-programs.js'
import { freePort } from './free-port.js'
import { type FaultyProxy, startProxy } from './proxy.js'

export interface Replica extends Program {
  /** Asks the server itself, not through a proxy. */
  query(statement: string): Promise<string>
  /** The way of clients to this server. */
  readonly http: FaultyProxy
  /** Its way to ZooKeeper. */
  readonly toZooKeeper: FaultyProxy
  /** The way of the other replica to its parts. */
  readonly parts: FaultyProxy
}

export interface Replicas {
  readonly all: readonly [Replica, Replica]
  readonly zooKeeper: Program
  stop(): Promise<void>
}

/** Two replicas of one shard, in a cluster `main`, and their ZooKeeper: ClickHouse 18.16, so without tokens, Map and DateTime64. */
export async function startReplicas(
  packages: DebianPackages,
  directory: string,
): Promise<Replicas> {
  const port = await freePort()
  const keeper = zooKeeper(join(directory, 'zookeeper'), port, packages)
  const tcp = [await freePort(), await freePort()] as const
  const replica = async (n: 0 | 1): Promise<Replica> => {
    const name = `r${n + 1}`
    const ports = { http: await freePort(), tcp: tcp[n], parts: await freePort() }
    // A server tells the other replica to fetch parts from the port that it listens on. So the proxy between them has that port too, at another address.
    const partsHost = `127.0.0.${n + 2}`
    const toZooKeeper = await startProxy(port)
    const node = { name, ports, partsHost, zooKeeperPort: toZooKeeper.port, replicas: tcp }
    return {
      ...clickHouse(join(directory, name), node, packages),
      http: await startProxy(ports.http),
      toZooKeeper,
      parts: await startProxy(ports.parts, 'none', { host: partsHost, port: ports.parts }),
      query: (statement) => queried(ports.http, statement),
    }
  }
  const all = [await replica(0), await replica(1)] as const
  await keeper.start()
  await Promise.all(all.map((one) => one.start()))
  return {
    all,
    zooKeeper: keeper,
    async stop() {
      await Promise.all(all.map((one) => one.kill()))
      await keeper.kill()
      for (const { http, toZooKeeper, parts } of all)
        for (const proxy of [http, toZooKeeper, parts]) await proxy.close()
    },
  }
}

async function queried(port: number, statement: string): Promise<string> {
  const reply = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: statement })
  const text = await reply.text()
  if (!reply.ok) throw new Error(text.trim())
  return text
}
