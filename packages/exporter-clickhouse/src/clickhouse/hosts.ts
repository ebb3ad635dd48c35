import { clock } from '../common/clock.js'
import type { DestinationConfig, HostsConfig } from '../config/config.js'
import { type Address, severalAddresses } from '../http/addresses.js'
import { openClient } from '../http/client.js'
import { STAY_MS } from './doubt.js'
import { Host } from './host.js'
import { LeftOut } from './left-out.js'
import { openLink, socketsFor } from './link.js'
import type { Retry } from './outcome.js'

/** What the operator is told about single hosts. */
export interface HostLog {
  failed(host: string, failure: Pick<Retry, 'error' | 'fix'>): void
  recovered(host: string): void
}

/** One of the configured endpoints: a host, or as many hosts as its name has addresses. */
interface Place {
  readonly config: DestinationConfig
  hosts: readonly Host[]
}

// Addresses of a name change when servers are added or replaced.
const ASK_EVERY_MS = 30_000
const ASK_AGAIN_MS = 5000
// A batch may still stay with a host whose address is gone.
const KEPT_MS = 2 * STAY_MS

/** The hosts of one destination, shared by its signals: which of them take rows, and which gets the next batch. */
export class Hosts {
  readonly leftOut: LeftOut
  readonly #order: HostsConfig['order']
  readonly #places: readonly Place[]
  readonly #log: HostLog
  readonly #former = new Map<Host, number>()
  #sharers = 1
  // Otherwise all processes of a fleet would begin with the same host.
  #turn: number = Math.floor(Math.random() * 1000)
  #askedAt = Number.NEGATIVE_INFINITY
  #asking: Promise<unknown> | undefined
  #isClosed = false

  constructor(config: DestinationConfig, { endpoints, order }: HostsConfig, log: HostLog) {
    this.leftOut = new LeftOut(config)
    this.#order = order
    this.#log = log
    this.#places = endpoints.map((endpoint) => {
      const own = { ...config, endpoint }
      return { config: own, hosts: [this.#open(own)] }
    })
  }

  get all(): readonly Host[] {
    return this.#places.flatMap(({ hosts }) => hosts)
  }

  /** Resolves when the addresses of the names are known. Later changes are found out in the background. */
  async ready(): Promise<void> {
    const now = clock.now()
    if (this.#isClosed || now - this.#askedAt < ASK_EVERY_MS) return
    const isFirst = this.#askedAt === Number.NEGATIVE_INFINITY
    this.#askedAt = now
    this.#asking = Promise.all(this.#places.map((place) => this.#findHosts(place)))
    if (isFirst) await this.#asking
  }

  /** The hosts in the order in which one batch tries them: first those that take rows, beginning with the one whose turn it is. */
  inOrder(): readonly Host[] {
    const all = this.all
    for (const host of all) host.probeIfDue()
    const up = all.filter(({ isUp }) => isUp)
    const start = this.#order === 'in_order' || up.length === 0 ? 0 : this.#next(up.length)
    return [...up.slice(start), ...up.slice(0, start), ...all.filter(({ isUp }) => !isUp)]
  }

  get someAreUp(): boolean {
    return this.all.some(({ isUp }) => isUp)
  }

  failed(host: Host, outcome: Retry): void {
    host.leaveAlone(outcome)
    // Perhaps it has another address by now.
    this.#askedAt = Math.min(this.#askedAt, clock.now() - ASK_EVERY_MS + ASK_AGAIN_MS)
    if (this.someAreUp) this.#log.failed(host.name, outcome)
  }

  /** It lacks a table that another host has. That is no failure of the host: it may have others. */
  lacks(host: Host, table: string, why: Pick<Retry, 'error' | 'fix'>): void {
    this.#log.failed(`${host.name}, ${table}`, why)
  }

  hasNow(host: Host, table: string): void {
    this.#log.recovered(`${host.name}, ${table}`)
  }

  took(host: Host): void {
    host.took()
    this.#log.recovered(host.name)
  }

  /** How many senders use each host. */
  resize(sharers: number): void {
    this.#sharers = sharers
    for (const { pool } of this.all) pool.resize(socketsFor(sharers))
  }

  close(): void {
    this.#isClosed = true
    for (const host of [...this.all, ...this.#former.keys()]) host.close()
  }

  #next(count: number): number {
    return this.#order === 'random' ? Math.floor(Math.random() * count) : this.#turn++ % count
  }

  async #findHosts(place: Place): Promise<void> {
    const { config, hosts } = place
    // An agent finds the addresses of a name itself, or leaves it to a proxy.
    const found = config.agent ? [] : await severalAddresses(config.endpoint.hostname)
    if (found === undefined || this.#isClosed) return
    const addresses: readonly (Address | undefined)[] = found.length > 0 ? found : [undefined]
    const hostAt = (to: Address | undefined) => hosts.find((one) => one.address === to?.address)
    place.hosts = addresses.map((to) => hostAt(to) ?? this.#open(config, to))
    for (const host of hosts) if (!place.hosts.includes(host)) this.#former.set(host, clock.now())
    for (const [host, since] of this.#former)
      if (clock.now() - since > KEPT_MS) {
        this.#former.delete(host)
        host.close()
      }
  }

  #open(config: DestinationConfig, to?: Address): Host {
    const pool = openClient(config, socketsFor(this.#sharers), to)
    const link = openLink(config, pool, this.leftOut, () => {
      host.leaveAlone()
      return this.someAreUp
    })
    const host = new Host(config, pool, link, to?.address)
    return host
  }
}
