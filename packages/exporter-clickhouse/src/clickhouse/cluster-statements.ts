import { clock } from '../common/clock.js'
import type { ClickHouseError } from '../common/errors.js'
import type { Outcome, Retry } from './outcome.js'
import type { Answer, Run } from './tables.js'

const IDENTIFIER = '`((?:[^`\\\\]|\\\\.)*)`'
const CREATED = new RegExp(
  `^CREATE (?:DATABASE|TABLE|MATERIALIZED VIEW) IF NOT EXISTS ${IDENTIFIER}(?:\\.${IDENTIFIER})? ON CLUSTER `,
)
const FIRST_PAUSE_MS = 30_000
const MAX_PAUSE_MS = 120_000
const FIX =
  'A host of the cluster may be away. The statement is in system.distributed_ddl_queue, and is not sent again for a while.'

interface Sent {
  readonly times: number
  readonly againAt: number
  readonly answer: Answer
}

/**
 * Statements that create something on all hosts of a cluster. The server puts them into a queue, and waits until each host has run them. If one is
 * away, the wait ends without success, but the statement stays in the queue, and a retry would put the same there again and again. So what
 * counts is whether the thing is on this host, and the statement is sent again only after a pause that grows.
 */
export class ClusterStatements {
  readonly #run: Run
  readonly #sent = new Map<string, Sent>()

  constructor(run: Run) {
    this.#run = run
  }

  /** Any other statement is simply run. `missing`: why it is to be created. */
  async run(statement: string, missing: ClickHouseError): Promise<Answer> {
    const [, database, table] = CREATED.exec(statement) ?? []
    if (database === undefined) return this.#run(statement)
    const isHere = () => this.#isHere(database, table)
    const before = this.#sent.get(statement)
    if (before) {
      if (await isHere()) return DONE
      if (clock.now() < before.againAt) return waiting(before.answer, missing)
    }
    const answer = await this.#run(statement)
    const { outcome } = answer
    if (!mayBeQueued(outcome)) {
      this.#sent.delete(statement)
      return answer
    }
    const times = (before?.times ?? 0) + 1
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** (times - 1), MAX_PAUSE_MS)
    this.#sent.set(statement, { times, againAt: clock.now() + pause, answer })
    if (outcome.status === 'delivered' || (await isHere())) return DONE
    return waiting(answer, missing)
  }

  async #isHere(database: string, table: string | undefined): Promise<boolean> {
    const from =
      table === undefined
        ? `databases WHERE name = ${asText(database)}`
        : `tables WHERE database = ${asText(database)} AND name = ${asText(table)}`
    const { outcome, text } = await this.#run(`SELECT count() FROM system.${from} FORMAT TSV`)
    return outcome.status === 'delivered' && Number(text) > 0
  }
}

const DONE: Answer = { outcome: { status: 'delivered' }, text: '' }

function mayBeQueued(outcome: Outcome): boolean {
  return (
    outcome.status === 'delivered' || (outcome.status === 'retry' && outcome.why === 'ambiguous')
  )
}

/** Some servers answer success although not every host has run it (`distributed_ddl_output_mode`). */
function waiting({ outcome }: Answer, error: ClickHouseError): Answer {
  const last: Retry =
    outcome.status === 'retry' ? outcome : { status: 'retry', why: 'transient', error }
  return { outcome: { ...last, fix: FIX }, text: '' }
}

/** A quoted identifier has the same escapes as a text. */
function asText(identifier: string): string {
  return `'${identifier.replace(/'/g, "\\'")}'`
}
