import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { DebianPackages } from './debian-packages.js'
import { until } from './patience.js'

/** A program that can be killed and started again, with the same files and ports. */
export interface Program {
  /** Resolves when it answers. */
  start(): Promise<void>
  /** kill -9 */
  kill(): Promise<void>
}

export interface ReplicaNode {
  readonly name: string
  readonly ports: { readonly http: number; readonly tcp: number; readonly parts: number }
  /** Where other replicas ask for its parts. */
  readonly partsHost: string
  readonly zooKeeperPort: number
  /** The native ports of all replicas of its shard. */
  readonly replicas: readonly number[]
}

/** For this long after a kill, ZooKeeper takes the server for alive, and the server cannot come back. */
const SESSION_MS = 6000
/** How long to wait for an answer: a program that is about to listen may never give one. */
const ASKED_MS = 1000

export function clickHouse(
  directory: string,
  node: ReplicaNode,
  { server, libraries }: DebianPackages,
): Program {
  mkdirSync(directory)
  writeFileSync(join(directory, 'users.xml'), USERS)
  const config = join(directory, 'config.xml')
  writeFileSync(config, configOf(node, directory))
  const url = `http://127.0.0.1:${node.ports.http}/ping`
  return program(directory, [server, `--config-file=${config}`], libraries, async () => {
    const reply = await fetch(url, { signal: AbortSignal.timeout(ASKED_MS) })
    return reply.ok
  })
}

export function zooKeeper(directory: string, port: number, { classPath }: DebianPackages): Program {
  mkdirSync(directory)
  const config = join(directory, 'zoo.cfg')
  // A session lasts 20 ticks at most.
  const lines = [
    `dataDir=${directory}/data`,
    'clientPortAddress=127.0.0.1',
    `clientPort=${port}`,
    'maxClientCnxns=0',
    'tickTime=500',
    'admin.enableServer=false',
  ]
  writeFileSync(config, lines.join('\n'))
  const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain'
  return program(directory, ['java', '-Xmx128m', '-cp', classPath, main, config], '', async () => {
    const socket = connect(port, '127.0.0.1').setTimeout(ASKED_MS)
    socket.on('timeout', () => socket.destroy())
    socket.end('srvr')
    let answer = ''
    for await (const chunk of socket) answer += chunk
    return answer.includes('Mode: standalone')
  })
}

function program(
  directory: string,
  command: readonly string[],
  libraries: string,
  answers: () => Promise<boolean>,
): Program {
  let child: ChildProcess | undefined
  const hasEnded = () => child?.exitCode !== null || child.signalCode !== null
  const log = join(directory, 'output')
  return {
    async start() {
      const output = openSync(log, 'a')
      // It must not outlive the tests, however they end.
      child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], {
        env: { ...process.env, TZ: 'UTC', LD_LIBRARY_PATH: libraries },
        stdio: ['ignore', output, output],
      })
      closeSync(output)
      await once(child, 'spawn')
      const said = (what: string) =>
        new Error(`${command[0]} ${what}:\n${readFileSync(log, 'utf8').slice(-4000)}`)
      await until(async () => {
        if (hasEnded()) throw said('has ended')
        return await answers().catch(() => false)
      }).catch((error) => {
        throw said(String(error))
      })
    },
    async kill() {
      if (!child || hasEnded()) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

function configOf(
  { name, ports, partsHost, zooKeeperPort, replicas }: ReplicaNode,
  directory: string,
): string {
  const replica = (port: number) => `<replica><host>127.0.0.1</host><port>${port}</port></replica>`
  return `<yandex>
  <logger><level>information</level><console>1</console></logger>
  <path>${directory}/data/</path>
  <tmp_path>${directory}/tmp/</tmp_path>
  <users_config>${directory}/users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <mark_cache_size>67108864</mark_cache_size>
  <listen_host>127.0.0.1</listen_host>
  <http_port>${ports.http}</http_port>
  <tcp_port>${ports.tcp}</tcp_port>
  <interserver_http_port>${ports.parts}</interserver_http_port>
  <interserver_http_host>${partsHost}</interserver_http_host>
  <zookeeper>
    <node><host>127.0.0.1</host><port>${zooKeeperPort}</port></node>
    <session_timeout_ms>${SESSION_MS}</session_timeout_ms>
  </zookeeper>
  <macros><shard>1</shard><replica>${name}</replica></macros>
  <remote_servers>
    <main><shard><internal_replication>true</internal_replication>${replicas.map(replica).join('')}</shard></main>
  </remote_servers>
  <distributed_ddl><path>/clickhouse/task_queue/ddl</path></distributed_ddl>
</yandex>
`
}

const USERS = `<yandex>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <users><default>
    <password/><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota>
  </default></users>
</yandex>
`
