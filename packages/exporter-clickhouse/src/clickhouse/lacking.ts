import { clock } from '../common/clock.js'
import type { Host } from './host.js'

// Somebody has to create the table there.
const LEFT_MS = 30_000
// `dispatch` may take the names of tables from the data.
const MAX_TABLES = 1000

/** Which hosts have said lately that they lack a table. They may have others. */
export class Lacking {
  readonly #until = new Map<string, Map<Host, number>>()

  add(table: string, host: Host): void {
    const hosts = this.#until.get(table) ?? new Map<Host, number>()
    this.#until.set(table, hosts.set(host, clock.now() + LEFT_MS))
    const [oldest] = this.#until.keys()
    if (this.#until.size > MAX_TABLES && oldest !== undefined) this.#until.delete(oldest)
  }

  /** The host has taken rows into the table. True if it lacked it before. */
  took(table: string, host: Host): boolean {
    return this.#until.get(table)?.delete(host) === true
  }

  /** The same hosts, with those last that lack the table. */
  sorted(table: string, hosts: readonly Host[]): readonly Host[] {
    const lacking = this.#until.get(table)
    if (!lacking) return hosts
    const now = clock.now()
    const lacks = (host: Host) => now < (lacking.get(host) ?? 0)
    return hosts.toSorted((a, b) => Number(lacks(a)) - Number(lacks(b)))
  }

  /** A host that is gone for good. */
  forget(host: Host): void {
    for (const hosts of this.#until.values()) hosts.delete(host)
  }
}
