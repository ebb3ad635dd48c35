import type { Deduplication } from '../accounting/stats.js'
import {
  type Insert,
  insertedInto,
  quotedName,
  type TableName,
  tableNameOf,
  tableOf,
} from '../clickhouse/insert.js'
import type { Target } from '../config/config.js'
import { KnownTable, type Server } from './known-table.js'

// `dispatch` may take the names of tables from the data. What is forgotten about a table is asked again after its next success.
const MAX_OTHERS = 1000

/** The tables of one server into which batches are inserted: the configured ones, and those that `dispatch` or an earlier configuration named. */
export class KnownTables {
  readonly #server: Server
  /** In the order of the targets. */
  readonly configured: readonly KnownTable[]
  readonly #configured: ReadonlyMap<string, KnownTable>
  /** The least recently used is the first. */
  readonly #others = new Map<string, KnownTable>()
  #possibleDuplicates = 0

  constructor(server: Server) {
    this.#server = server
    this.configured = server.config.targets.map((one) => this.#newTable(insertedInto(one), one))
    this.#configured = new Map(this.configured.map((table) => [quotedName(table.name), table]))
  }

  of(insert: Insert): KnownTable {
    const name = tableOf(insert)
    return this.#configured.get(name) ?? this.#other(name)
  }

  #other(name: string): KnownTable {
    const table = this.#others.get(name) ?? this.#newTable(tableNameOf(name), undefined)
    this.#others.delete(name)
    this.#others.set(name, table)
    const [oldest] = this.#others.keys()
    if (this.#others.size > MAX_OTHERS && oldest !== undefined) this.#others.delete(oldest)
    return table
  }

  #newTable(name: TableName, target: Target | undefined): KnownTable {
    return new KnownTable(name, target, this.#server, (rows) => {
      this.#possibleDuplicates += rows
    })
  }

  /** Whether all configured tables deduplicate by token, as far as is known. */
  get deduplication(): Deduplication {
    const found = this.configured.map(({ duplicates }) => duplicates.deduplication)
    return (['ineffective', 'unknown'] as const).find((one) => found.includes(one)) ?? 'effective'
  }

  get possibleDuplicates(): number {
    return this.#possibleDuplicates
  }
}
