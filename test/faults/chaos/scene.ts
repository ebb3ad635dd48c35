import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NamedDestinationOptions } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { type Backend, BackendGone, realClickHouse } from '../../kit/clickhouse-backend.js'
import { diagLines } from '../../kit/diag-lines.js'
import type { RecordExporter } from '../../kit/entry-points.mjs'
import { freePorts } from '../../kit/free-port.js'
import { LONG } from '../../kit/patience.js'
import { ScriptedClickHouse } from '../../kit/scripted-clickhouse.js'
import { SIGNALS, type SignalUnderTest } from '../../kit/signals.js'
import { deduplicatedBlocks } from '../../kit/stored-ids.js'
import { startTcpProxy, type TcpProxy } from '../../kit/tcp-proxy.js'
import { Child } from '../child.js'
import { Exports, exporterOf } from '../exports.js'
import { createTable } from '../real-table.js'
import type { Random } from '../seed.js'
import { usualBehaviour } from './front.js'

/** Destinations with faults: one behind a server that misbehaves, one behind a bad line. */
export const ROUGH = ['rough', 'wire'] as const
/** A destination without faults. */
export const STEADY = 'steady'
/** The tables of the destinations with faults refuse one row of so many. */
export const POISON_EVERY = LONG ? 499 : 299

/** A process with more waiting rows makes none for a while: a slow machine must get to the end as well. */
export const MAX_WAITING = LONG ? 1500 : 500
/** While more rows are in the spool, for both destinations, no new process begins. */
export const MAX_SPOOLED = LONG ? 4000 : 1000

export const LEASE_MS = 400
const CHILDREN = 2
const NUMBERS_A_CHILD = 1_000_000

/** One signal of the process. */
export interface Way {
  readonly of: SignalUnderTest
  readonly exporter: RecordExporter
  readonly exports: Exports
}

/** Two real servers, the front before one of them, a process with an exporter of each signal, and others that share its spool. */
export interface Scene {
  readonly random: Random
  readonly front: ScriptedClickHouse
  readonly wire: TcpProxy
  /** Requests under which their kept connection was ended. */
  readonly resets: Set<string>
  readonly ways: readonly Way[]
  readonly spool: string
  /** Lines of the process with the exporters. */
  readonly log: readonly string[]
  readonly servers: Servers
  readonly children: Children
  /** Whether the server behind the front can be reached, whatever the front does. */
  cutFrontOff(is: boolean): void
  close(): Promise<void>
}

export async function openScene(random: Random): Promise<Scene> {
  const directory = mkdtempSync(join(tmpdir(), 'spanhouse-chaos-'))
  const spool = join(directory, 'spool')
  mkdirSync(spool)
  const servers = await Servers.start(join(directory, 'data'))
  const backend = realClickHouse(() => servers.rough.httpPort)
  let isCutOff = false
  const reached: Backend = {
    async execute(request) {
      if (isCutOff) throw new BackendGone('cut off')
      return backend.execute(request)
    },
  }
  const front = await new ScriptedClickHouse(reached, usualBehaviour).listen()
  const wire = await startTcpProxy(servers.rough.httpPort)
  const rough = ROUGH.map((name) => ({
    name,
    endpoint: name === 'rough' ? front.url : wire.url,
    database: name,
    timeoutMs: 1500,
    retry: { initialDelayMs: 50, maxDelayMs: 500 },
    spool: { directory: spool, leaseMs: LEASE_MS },
  }))
  const steady = {
    name: STEADY,
    endpoint: servers.steady.url,
    database: STEADY,
    timeoutMs: 60_000, // it may be slow
  }
  const log = diagLines()
  const options = { shutdownTimeoutMs: 2000, destinations: [steady, ...rough] }
  const ways = SIGNALS.map((of) => {
    const exporter = exporterOf(of.signal, options)
    return { of, exporter, exports: new Exports(exporter, [STEADY, ...ROUGH], of.signal) }
  })
  const children = new Children(rough, ways, random)
  return {
    random,
    front,
    wire,
    resets: new Set(),
    ways,
    spool,
    log,
    servers,
    children,
    cutFrontOff(is) {
      isCutOff = is
    },
    async close() {
      await children.killAll()
      await Promise.all(ways.map(({ exporter }) => exporter.shutdown()))
      await front.close()
      await wire.close()
      backend.close()
      await servers.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** The real servers. */
export class Servers {
  #rough: ClickHouseServer
  readonly #steady: ClickHouseServer
  endedByThemselves = 0
  #deduplicatedBefore = 0
  #isStopped = false
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(rough: ClickHouseServer, steady: ClickHouseServer) {
    this.#rough = rough
    this.#steady = steady
    this.#standIn()
  }

  static async start(dataDir: string): Promise<Servers> {
    const [rough, steady] = await Promise.all([
      startClickHouse({ dataDir, ...(await freePorts()) }),
      startClickHouse(),
    ])
    for (const of of SIGNALS) {
      for (const name of ROUGH) await createTable(rough, name, { of, refusesPoison: true })
      await createTable(steady, STEADY, { of })
    }
    return new Servers(rough, steady)
  }

  get rough(): ClickHouseServer {
    return this.#rough
  }

  get steady(): ClickHouseServer {
    return this.#steady
  }

  of(destination: string): ClickHouseServer {
    return destination === STEADY ? this.#steady : this.#rough
  }

  /** The server with faults: down for a while, then back with the same data on the same ports. */
  restart(how: 'kill' | 'stop', whileDown: () => Promise<unknown>): Promise<void> {
    return this.#serially(async () => {
      this.#deduplicatedBefore += await deduplicatedBlocks(this.#rough).catch(() => 0)
      await this.#rough[how]()
      await whileDown()
      await this.#startAgain()
    })
  }

  async #startAgain(): Promise<void> {
    const { httpPort, tcpPort, dataDir } = this.#rough
    this.#rough = await startClickHouse({ dataDir, httpPort, tcpPort })
    this.#standIn()
  }

  /** A connection that is cut within the head of a request ends this kind of server: it is started again. */
  #standIn(): void {
    const { exited, pid } = this.#rough
    void exited.then(() =>
      this.#serially(async () => {
        if (this.#isStopped || this.#rough.pid !== pid) return
        this.endedByThemselves++
        await this.#startAgain()
      }),
    )
  }

  #serially(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }

  /** Blocks that the server with faults recognised, over all its restarts. */
  async deduplicated(): Promise<number> {
    return this.#deduplicatedBefore + (await deduplicatedBlocks(this.#rough))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#turn
    await Promise.all([this.#rough.stop(), this.#steady.stop()])
  }
}

/** Short-lived processes that export records of one signal each to the destinations with faults, through the same spool. */
export class Children {
  readonly alive = new Set<Child>()
  readonly dead: Child[] = []
  readonly #destinations: readonly NamedDestinationOptions[]
  readonly #ways: readonly Way[]
  readonly #random: Random

  constructor(
    destinations: readonly NamedDestinationOptions[],
    ways: readonly Way[],
    random: Random,
  ) {
    this.#destinations = destinations
    this.#ways = ways
    this.#random = random
  }

  async replenish(): Promise<void> {
    while (this.alive.size < CHILDREN) {
      const number = this.alive.size + this.dead.length
      const { exports, of } = this.#ways[number % this.#ways.length] as Way
      const child = new Child({
        signal: of.signal,
        options: { destinations: this.#destinations, shutdownTimeoutMs: 2000 },
        run: exports.oracle.run,
        first: (number + 1) * NUMBERS_A_CHILD,
        rows: this.#random.between(1, 30),
        everyMs: LONG ? 100 : 300,
        poisonEvery: POISON_EVERY,
        resource: this.#random.between(0, 2),
        maxWaiting: MAX_WAITING,
      })
      this.alive.add(child)
      await child.started()
    }
  }

  any(): Child {
    return this.#random.pick([...this.alive])
  }

  async kill(child: Child): Promise<void> {
    this.alive.delete(child)
    this.dead.push(child)
    await child.kill()
  }

  async killAll(): Promise<void> {
    for (const child of this.alive) await this.kill(child)
  }
}
