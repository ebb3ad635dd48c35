import type { Deduplication } from '../accounting/stats.js'
import { type Insert, quotedName, tableNameOf, tableOf } from '../clickhouse/insert.js'
import type { Signal } from '../config/config.js'
import { KnownTable, type Server } from './known-table.js'

/** The tables of one server into which batches are inserted: one for each signal, and those that only an earlier configuration knows. */
export class KnownTables {
  readonly #server: Server
  readonly #configured: Readonly<Record<Signal, KnownTable>>
  readonly #all = new Map<string, KnownTable>()

  constructor(server: Server) {
    this.#server = server
    const targets = Object.entries(server.config.targets)
    this.#configured = Object.fromEntries(
      targets.map(([signal, target]) => [signal, new KnownTable(target, target, server)]),
    ) as Record<Signal, KnownTable>
    for (const table of Object.values(this.#configured))
      this.#all.set(quotedName(table.name), table)
  }

  ofSignal(signal: Signal): KnownTable {
    return this.#configured[signal]
  }

  of(insert: Insert): KnownTable {
    const name = tableOf(insert)
    const table = this.#all.get(name) ?? new KnownTable(tableNameOf(name), undefined, this.#server)
    this.#all.set(name, table)
    return table
  }

  /** Whether all configured tables deduplicate by token, as far as is known. */
  get deduplication(): Deduplication {
    const found = Object.values(this.#configured).map(({ duplicates }) => duplicates.deduplication)
    return (['ineffective', 'unknown'] as const).find((one) => found.includes(one)) ?? 'effective'
  }

  get possibleDuplicates(): number {
    let rows = 0
    for (const { duplicates } of this.#all.values()) rows += duplicates.possible
    return rows
  }
}
