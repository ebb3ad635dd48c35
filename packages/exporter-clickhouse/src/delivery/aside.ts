import { COLUMNS, UNKNOWN_TABLE } from '../clickhouse/exception-codes.js'
import { kindOf, tableOf } from '../clickhouse/insert.js'
import type { Retry } from '../clickhouse/outcome.js'
import { ClickHouseError } from '../common/errors.js'
import type { DestinationConfig } from '../config/config.js'
import type { DestinationLog } from '../telemetry/log.js'
import { MAX_REST_MS, restMs } from './backoff.js'
import type { Entry } from './entry.js'
import type { Holdings } from './holdings.js'
import type { KnownTables } from './known-tables.js'
import { RefusedKinds } from './refused-kinds.js'

interface Surroundings {
  readonly config: DestinationConfig
  readonly holdings: Holdings
  readonly tables: KnownTables
  readonly log: DestinationLog
  /** Entries may have become ready. */
  readonly pump: () => void
}

/** Foreign batches that the server refuses as they are. They wait, grouped by kind, and do not hold up other batches. */
export class Aside {
  readonly #with: Surroundings
  readonly #kinds: RefusedKinds

  constructor(surroundings: Surroundings) {
    this.#with = surroundings
    this.#kinds = new RefusedKinds((entry) => {
      if (entry.state === 'aside') {
        entry.to('ready')
        surroundings.holdings.awaited(entry)
      }
      surroundings.pump()
    })
  }

  /**
   * Puts aside a batch that is about to be sent, if its kind is refused; true if so. The kind is known once the batch has been loaded from
   * disk.
   */
  takes(entry: Entry): boolean {
    const kind = entry.kind ?? this.#kindOf(entry)
    if (kind === undefined || !this.#kinds.joins(entry, kind)) return false
    this.#put(entry, kind)
    return true
  }

  /** Puts a refused batch aside. The first of its kind is logged. */
  refused(entry: Entry, outcome: Retry): void {
    const { insert } = entry
    const { config, tables, log } = this.#with
    if (!insert) return
    const kind = kindOf(insert)
    this.#put(entry, kind)
    const delayMs = (refusals: number) => restMs(refusals, outcome, config.retry)
    if (!this.#kinds.refused(entry, kind, delayMs)) return
    const table = tableOf(insert)
    if (!entry.recovered) {
      log.refusedKind(
        `the server refuses the rows that \`dispatch\` returns for ${table}: ${outcome.error.message}. ${fixOf(outcome, table)} These rows are kept and tried again every ${MAX_REST_MS / 1000} s; other rows do not wait for them.`,
      )
      return
    }
    const fix = tables.of(insert).target
      ? (outcome.fix ?? '')
      : `This destination is now configured for another table and creates only that one. Create ${table} yourself (ddl({ database, table }) has the statements), with the columns and rights that these rows need.`
    log.refusedKind(
      `the server refuses rows that an earlier process left in the spool in ${config.spool?.directory}, for ${table}: ${outcome.error.message}. ${fix} The rows stay there and are tried again every ${MAX_REST_MS / 1000} s; new rows do not wait for them.`,
    )
  }

  /** A flush waits for batches of this process: one of each kind is tried now. */
  hurry(): void {
    this.#kinds.hurry()
  }

  /** The server has taken this batch: others of its kind may follow. */
  taken(entry: Entry): void {
    if (this.#kinds.size > 0 && entry.insert) this.#kinds.taken(entry, kindOf(entry.insert))
  }

  gone(entry: Entry, heirs: readonly Entry[]): void {
    this.#kinds.left(entry, heirs)
  }

  close(): void {
    this.#kinds.close()
  }

  #kindOf({ foreign, insert }: Entry): string | undefined {
    return foreign && insert && this.#kinds.size > 0 ? kindOf(insert) : undefined
  }

  #put(entry: Entry, kind: string): void {
    const { holdings } = this.#with
    entry.kind = kind
    entry.to('aside')
    holdings.queue.letGo(entry)
    if (entry.recovered) holdings.noLongerAwaited(entry)
    else entry.acknowledge('waiting')
  }
}

/** What the operator can do about rows that `dispatch` returns: the statements of our schemas know neither its tables nor its columns. */
function fixOf({ error, fix = '' }: Retry, table: string): string {
  if (error instanceof ClickHouseError && error.code === UNKNOWN_TABLE)
    return `Create ${table}: only configured tables are created.`
  if (fix === COLUMNS)
    return `\`dispatch\` returns a column that ${table} lacks: add it to the table, or do not return it.`
  return fix
}
