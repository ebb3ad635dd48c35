import type { ClickHouseError } from '../common/errors.js'
import type { Target } from '../config/config.js'
import { addColumns, missingTable } from './additions.js'
import { ClusterStatements } from './cluster-statements.js'
import { COLUMNS } from './exception-codes.js'
import { insertedInto, type TableName } from './insert.js'
import type { Outcome, Retry } from './outcome.js'
import { createTables, type Run, type TableNews } from './tables.js'

const CONDITIONS =
  'Correct `retention.where`: its conditions stand in the statement that creates the table.'
const DEFINITION =
  'Correct the definition of the table: the server refuses the statement that creates it.'

/** What the server says of a condition that it cannot compute: an unknown column or function, wrong arguments or types, no SQL. */
const OF_CONDITIONS: ReadonlySet<number> = new Set([16, 42, 43, 44, 46, 47, 53, 59, 62, 386, 450])

/** Creates a table, or its columns, when an INSERT finds them missing: once for all batches in flight, because they all find it. */
export class Creation {
  readonly #target: Target
  readonly #run: Run
  readonly #cluster: ClusterStatements
  readonly #tell: (news: TableNews) => void
  /** The table has taken rows: what is missing now is gone. */
  #hasTaken = false
  /** Found missing, and not yet told because its creation was interrupted. */
  #gone: TableName | undefined
  #missing: ClickHouseError | undefined
  #underWay: Promise<Outcome> | undefined
  #adding: Promise<Outcome | undefined> | undefined

  constructor(target: Target, run: Run, tell: (news: TableNews) => void) {
    this.#target = target
    this.#run = run
    this.#cluster = new ClusterStatements(run)
    this.#tell = tell
  }

  /**
   * Something is still missing. No row may be sent until all is created, because a view gets only the rows that are inserted after its
   * creation.
   */
  get isDue(): boolean {
    return this.#missing !== undefined
  }

  /** The table has all that an INSERT needs. */
  took(): void {
    this.#hasTaken = true
    this.#gone = undefined // somebody has created it
  }

  /** An INSERT was refused with this error, which says what is missing. */
  foundMissing(error: ClickHouseError): void {
    this.#missing = error
  }

  /** Creates what is missing. Resolves with `delivered`, or with why the rows must be sent later. To be called when due. */
  async create(): Promise<{ readonly status: 'delivered' } | Retry> {
    const missing = this.#missing
    if (!missing) return { status: 'delivered' }
    this.#underWay ??= this.#createTables(missing).finally(() => {
      this.#underWay = undefined
    })
    const created = await this.#underWay
    // After a refusal the next attempt starts with the INSERT again: somebody may have created the table by hand.
    const interrupted = created.status === 'retry' && created.why !== 'misconfigured'
    if (!interrupted) this.#missing = undefined
    if (created.status === 'delivered') return created
    // Whatever is wrong with this statement, the form of the rows is not the cause.
    const fix = this.#fixOf(created)
    if (created.status === 'retry') return { ...created, fix, refusesForm: false }
    return { status: 'retry', why: 'misconfigured', error: created.error, fix }
  }

  /** Advice for the INSERT does not help where the statement that creates the table is refused: `ddl()` has made it. */
  #fixOf(refused: Exclude<Outcome, { status: 'delivered' }>): string | undefined {
    const { error, fix } = { fix: undefined, ...refused }
    const { where = {} } = this.#target.creation.retention ?? {}
    const hasConditions = Object.keys(where).length > 0
    if (hasConditions && OF_CONDITIONS.has((error as ClickHouseError).code ?? 0)) return CONDITIONS
    return fix === COLUMNS ? DEFINITION : fix
  }

  /**
   * Adds the columns of an INSERT that its table lacks, once for all batches in flight. Resolves with `delivered` if the INSERT may succeed now,
   * with why the server refuses to add them, and with undefined if they cannot be the reason.
   */
  addColumns(): Promise<Outcome | undefined> {
    this.#adding ??= this.#addColumns().finally(() => {
      this.#adding = undefined
    })
    return this.#adding
  }

  async #createTables(missing: ClickHouseError): Promise<Outcome> {
    // The server also names a table that a view of somebody else writes into: creating ours does not help then.
    this.#gone ??= this.#hasTaken ? await missingTable(this.#target, this.#run) : undefined
    const run = (statement: string) => this.#cluster.run(statement, missing)
    const created = await createTables(this.#target, missing, run, this.#tell)
    if (created.status !== 'delivered' || !this.#gone) return created
    this.#tell({ event: 'created_again', ...this.#gone })
    this.#gone = undefined
    return created
  }

  async #addColumns(): Promise<Outcome | undefined> {
    const added = await addColumns(this.#target, this.#run)
    if (added?.columns && this.#hasTaken)
      this.#tell({ event: 'added_again', ...insertedInto(this.#target), columns: added.columns })
    return added
  }
}
