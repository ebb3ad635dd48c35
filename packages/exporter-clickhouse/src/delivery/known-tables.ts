import type { Deduplication } from '../accounting/stats.js'
import {
  type Insert,
  insertedInto,
  quotedName,
  tableNameOf,
  tableOf,
} from '../clickhouse/insert.js'
import { KnownTable, type Server } from './known-table.js'

/** The tables of one server into which batches are inserted: the configured ones, and those that `dispatch` or an earlier configuration named. */
export class KnownTables {
  readonly #server: Server
  /** In the order of the targets. */
  readonly configured: readonly KnownTable[]
  readonly #all = new Map<string, KnownTable>()

  constructor(server: Server) {
    this.#server = server
    this.configured = server.config.targets.map(
      (one) => new KnownTable(insertedInto(one), one, server),
    )
    for (const table of this.configured) this.#all.set(quotedName(table.name), table)
  }

  of(insert: Insert): KnownTable {
    const name = tableOf(insert)
    const table = this.#all.get(name) ?? new KnownTable(tableNameOf(name), undefined, this.#server)
    this.#all.set(name, table)
    return table
  }

  /** Whether all configured tables deduplicate by token, as far as is known. */
  get deduplication(): Deduplication {
    const found = this.configured.map(({ duplicates }) => duplicates.deduplication)
    return (['ineffective', 'unknown'] as const).find((one) => found.includes(one)) ?? 'effective'
  }

  get possibleDuplicates(): number {
    let rows = 0
    for (const { duplicates } of this.#all.values()) rows += duplicates.possible
    return rows
  }
}
