import { Duplicates } from '../accounting/duplicates.js'
import { addIndexes } from '../clickhouse/additions.js'
import { deduplicationOf, type Finding } from '../clickhouse/deduplication.js'
import type { Insert, TableName } from '../clickhouse/insert.js'
import type { Rejection, Retry } from '../clickhouse/outcome.js'
import type { Sender } from '../clickhouse/sender.js'
import { columnsOf, differences, jsonColumns, type Misfit, misfits } from '../clickhouse/tables.js'
import type { DestinationConfig, Target } from '../config/config.js'
import { SETTINGS } from '../config/insert-settings.js'
import type { DestinationLog } from '../telemetry/log.js'

/** In one line of the log. */
const MAX_NAMED = 10
const FORGETS: Finding = { deduplication: 'ineffective' }
const NONE: ReadonlyMap<string, string> = new Map()
const UNANSWERED =
  'Either a row is at fault, or the type of a column: the rows wait until the server answers a SELECT from system.columns.'

export interface Server {
  readonly config: DestinationConfig
  readonly sender: Sender
  readonly log: DestinationLog
}

/** One table on one server, and what is known about it. The server is asked nothing before the first success. */
export class KnownTable {
  readonly name: TableName
  /** Undefined for a table that is not configured: `dispatch` or an earlier configuration named it. */
  readonly target: Target | undefined
  readonly duplicates: Duplicates
  readonly #server: Server
  #asks = true
  #hasExplainedColumns = false
  /** JSON columns that would store our maps as something else: no more rows are sent until the table is changed. */
  #jsonColumns: readonly string[] = []
  /** The types of the columns when the table took rows; undefined before the first success. */
  #types: ReadonlyMap<string, string> | undefined
  /** Length of the longest statement of compact rows that the server has taken; 0 before the first. */
  #longestTaken = 0
  #refusesCompactRows = false

  /** `countDoubled` is called with rows that may be there twice. */
  constructor(
    name: TableName,
    target: Target | undefined,
    server: Server,
    countDoubled: (rows: number) => void,
  ) {
    this.name = name
    this.target = target
    this.duplicates = new Duplicates(countDoubled)
    this.#server = server
  }

  /**
   * Whether batches may hold compact rows, which leave out the values that they have in common. Asynchronous inserts take whole rows only.
   */
  get takesCompactRows(): boolean {
    return !this.#refusesCompactRows && !this.#server.config.asyncInsert
  }

  /** Whether the server may refuse the form of the rows: they are compact, and their statement is longer than any that it has taken. */
  mayRefuseForm(insert: Insert): boolean {
    return insert.whole !== undefined && insert.statement.length > this.#longestTaken
  }

  /** The server has taken rows. `wasCompact`: they were compact until it refused that form. */
  took({ whole, statement }: Insert, wasCompact: boolean): void {
    if (whole) this.#longestTaken = Math.max(this.#longestTaken, statement.length)
    else if (wasCompact && this.#longestTaken === 0) this.#refusesCompactRows = true
    if (this.#asks) void this.#ask()
  }

  // Only after the first success, because the server is asked nothing at start. Repeated after later successes until it answers.
  async #ask(): Promise<void> {
    const { config, sender } = this.#server
    this.#asks = false
    try {
      const found = config.asyncInsert ? FORGETS : await deduplicationOf(this.name, sender)
      // An answer that cannot be read counts as no answer.
      const columns = found && (await columnsOf(this.name, sender.run).catch(() => undefined))
      this.#asks = columns === undefined
      if (columns) this.#types = columns
      if (found) this.duplicates.learn(found.deduplication, found.memory)
      if (!this.target) return
      if (found) this.#logDoubts(found)
      if (columns) await this.#compare(this.target, columns)
    } catch {
      // An answer that cannot be read leaves it unknown, and the next one may be readable.
      this.#asks = true
    }
  }

  /**
   * Logs once how the table differs from the schema. As long as the table refuses our columns, there is no success after which to compare
   * them.
   */
  async explainColumns(): Promise<void> {
    const { config, sender } = this.#server
    if (!this.target || this.#hasExplainedColumns || config.manageSchema === 'off') return
    this.#hasExplainedColumns = true
    // An answer that cannot be read counts as no answer.
    const columns = await columnsOf(this.name, sender.run).catch(() => undefined)
    this.#hasExplainedColumns = columns !== undefined
    if (columns) this.#logDifferences(this.target, columns)
  }

  /**
   * Why rows that the table refuses must wait; undefined if they are at fault themselves. A column may have another type than ours, and refuse
   * every row: dividing the batch would end with all of them dropped. A type with which the table has taken rows is not the reason. As long as
   * the server does not say, the rows wait.
   */
  async misfit({ error }: Rejection): Promise<Retry | undefined> {
    if (!this.target) return undefined
    // An answer that cannot be read counts as one that names no column: the next would be no better, and a bad row must not wait for it.
    const there = await columnsOf(this.name, this.#server.sender.run).catch(() => NONE)
    if (!there) return { status: 'retry', why: 'transient', error, fix: UNANSWERED }
    const before = this.#types
    const found = misfits(this.target, there).filter(
      (column) => column.found !== before?.get(column.name),
    )
    if (found.length === 0) return undefined
    return { status: 'retry', why: 'misconfigured', error, fix: fixOf(found, before !== undefined) }
  }

  /** Why no row may be sent at present; undefined if rows may be sent. Asks again, because somebody may have changed the table. */
  async unfit(): Promise<Retry | undefined> {
    if (!this.target || this.#jsonColumns.length === 0) return undefined
    // An answer that cannot be read counts as no answer.
    const columns = await columnsOf(this.name, this.#server.sender.run).catch(() => undefined)
    if (columns) this.#jsonColumns = jsonColumns(this.target, columns)
    if (this.#jsonColumns.length === 0) return undefined
    const { database, table } = this.name
    const names = this.#jsonColumns.join(', ')
    return {
      status: 'retry',
      why: 'misconfigured',
      error: new Error(`${names} of ${database}.${table} are of type JSON`),
      fix: "The server stores each value there as a text, which breaks queries over the Collector's rows: set `table` to another one, without JSON columns, or `schema` to `otel_json`.",
    }
  }

  /** Why rows may be there twice. */
  #logDoubts({ because, ofServer }: Finding): void {
    const { sender, log } = this.#server
    if (because !== undefined) log.noDeduplication(because, ofServer === true)
    const forbidden = [...sender.leftOut.forbidden].map(
      (name) => `\`${name}\` (${SETTINGS[name]?.without})`,
    )
    if (forbidden.length > 0) log.leftOut(forbidden)
  }

  async #compare(target: Target, columns: ReadonlyMap<string, string>): Promise<void> {
    const { config, sender } = this.#server
    this.#jsonColumns = jsonColumns(target, columns)
    if (config.manageSchema === 'validate') this.#logDifferences(target, columns)
    if (config.manageSchema === 'create') await addIndexes(target, sender.run)
  }

  #logDifferences(target: Target, columns: ReadonlyMap<string, string>): void {
    const differing = differences(target, columns)
    if (differing.length > 0) this.#server.log.differences(differing)
  }
}

function fixOf(found: readonly Misfit[], hasTaken: boolean): string {
  const named = found.slice(0, MAX_NAMED)
  const names = named.map(({ name }) => name).join(', ')
  if (hasTaken)
    return `The table took rows before somebody changed the type of ${names}: change it back, or set \`table\` to another one.`
  const types = named.map(({ name, type, found }) => `${name} is ${found} instead of ${type}`)
  return `Its columns seem not to take our values: ${types.join('; ')}. Change the types, or set \`table\` to another one.`
}
