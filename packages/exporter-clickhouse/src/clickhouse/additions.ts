import { type Placement, quoteText } from '@spanhouse/transform'
import { addColumn, addIndex, localName, shapeOf } from '@spanhouse/transform/internal'
import type { Target } from '../config/config.js'
import type { TableName } from './insert.js'
import type { Outcome } from './outcome.js'
import { columnsOf, type Run } from './tables.js'

// What a newer version of a table has, and the table on the server lacks. It is added, and nothing is ever changed or dropped.

/** The comments of our tables begin with this. */
const MARK = 'spanhouse'
// A table with fewer of our columns is somebody else's, and the wrong one: it must not get two dozen columns.
const LEAST_SHARE = 0.5

/** `columns`: the names of those that were added. */
export type Added = Outcome & { readonly columns?: readonly string[] }

/**
 * Adds the columns of the schema that the table lacks. Resolves with `delivered` if at least one was added, with the first other outcome of a
 * statement, and with undefined if there is nothing to add, or the table is not one of this kind.
 */
export async function addColumns(target: Target, run: Run): Promise<Added | undefined> {
  const columns = shapeOf(target.schema)?.columns ?? []
  const added = new Set<string>()
  for (const at of placesOf(target)) {
    // An answer that cannot be read counts as no answer.
    const there = await columnsOf(at, run).catch(() => undefined)
    if (!there || there.size === 0) return undefined
    const missing = columns.filter(({ name }) => !there.has(name))
    if (missing.length > columns.length * LEAST_SHARE) return undefined
    const statements = missing.map((column) => addColumn(column, at))
    const outcome = await runAll(statements, run)
    if (outcome && outcome.status !== 'delivered') return withStatement(outcome, statements)
    for (const { name } of missing) added.add(name)
  }
  return added.size > 0 ? { status: 'delivered', columns: [...added] } : undefined
}

/** The table of ours that the server does not have; undefined if it has them, or does not answer. */
export async function missingTable(target: Target, run: Run): Promise<TableName | undefined> {
  for (const at of placesOf(target)) {
    // An answer that cannot be read counts as no answer.
    const there = await columnsOf(at, run).catch(() => undefined)
    if (there?.size === 0) return { database: at.database, table: at.table }
  }
  return undefined
}

/** Adds the indexes that a table of ours lacks; they cover new parts only. A refusal is an answer like any other. Returns the names of those added. */
export async function addIndexes(target: Target, run: Run): Promise<readonly string[]> {
  const indexes = shapeOf(target.schema)?.indexes ?? []
  const [at] = placesOf(target)
  if (indexes.length === 0 || !(await isOurs(at, run))) return []
  const there = await indexesOf(at, run)
  if (!there) return []
  const missing = indexes.filter((index) => !there.has(nameOf(index)))
  const added = await runAll(
    missing.map((index) => addIndex(index, at)),
    run,
  )
  return added?.status === 'delivered' ? missing.map(nameOf) : []
}

async function runAll(statements: readonly string[], run: Run): Promise<Outcome | undefined> {
  let last: Outcome | undefined
  for (const statement of statements) {
    const { outcome } = await run(statement)
    if (outcome.status !== 'delivered') return outcome
    last = outcome
  }
  return last
}

/** Rows wait until somebody has added the columns, so the advice has the statement: one ALTER that adds all of them. */
function withStatement(outcome: Outcome, statements: readonly string[]): Outcome {
  if (outcome.status !== 'retry' || outcome.why !== 'misconfigured') return outcome
  const [first = '', ...others] = statements
  const clauses = others.map((one) => one.slice(one.indexOf('\n')))
  const statement = [first, ...clauses].join(',').replace(/\n */g, ' ')
  return { ...outcome, fix: `${outcome.fix ? `${outcome.fix} Or run: ` : 'Run: '}${statement};` }
}

async function isOurs({ database, table }: TableName, run: Run): Promise<boolean> {
  const { outcome, text } = await run(
    `SELECT comment FROM system.tables WHERE database = ${quoteText(database)} AND name = ${quoteText(table)} FORMAT TSV`,
  )
  return outcome.status === 'delivered' && text.startsWith(MARK)
}

async function indexesOf(
  { database, table }: TableName,
  run: Run,
): Promise<Set<string> | undefined> {
  const { outcome, text } = await run(
    `SELECT name FROM system.data_skipping_indices WHERE database = ${quoteText(database)} AND table = ${quoteText(table)} FORMAT TSV`,
  )
  return outcome.status === 'delivered' ? new Set(text.split('\n')) : undefined
}

function nameOf(index: string): string {
  return index.trim().split(/\s+/)[0] ?? ''
}

/** Where the rows are, and then the table in front of it: a Distributed table has no indexes, and takes only columns that the local ones have. */
function placesOf({ database, table, creation }: Target): [Placement, ...Placement[]] {
  const { distributed, ...others } = creation
  const named = { ...others, database, table }
  return distributed ? [{ ...named, table: localName(table, distributed) }, named] : [named]
}
