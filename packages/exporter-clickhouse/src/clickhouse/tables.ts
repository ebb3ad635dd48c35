import { quoteText } from '@spanhouse/transform'
import { canonicalType, withoutSetting } from '@spanhouse/transform/internal'
import type { ClickHouseError } from '../common/errors.js'
import type { Target } from '../config/config.js'
import { UNKNOWN_DATABASE } from './exception-codes.js'
import type { TableName } from './insert.js'
import type { Outcome } from './outcome.js'
import { resultRows } from './result-rows.js'
import { type Fate, fateOf } from './type-difference.js'

/** What a statement other than an INSERT came to, and the text of the reply. */
export interface Answer {
  readonly outcome: Outcome
  readonly text: string
}

/** Runs one statement other than the INSERT of a batch. */
export type Run = (statement: string) => Promise<Answer>

/** A companion of our table (a view, or the table it fills) that could not be created. */
export interface Refused {
  readonly statement: string
  readonly error: Error
  readonly fix?: string | undefined
}

/** What the operator should know about our tables. `…_again`: it was there before, while the application ran. */
export type TableNews =
  | ({ readonly event: 'companion_refused' } & Refused)
  | ({ readonly event: 'created_again' } & TableName)
  | ({ readonly event: 'added_again'; readonly columns: readonly string[] } & TableName)

/**
 * Creates what an INSERT found missing. The database is created only if the server says that it is missing: a user who may create
 * tables in it may lack the right to create it. A refused companion (a view, and the table it fills) is reported, and rows are
 * delivered without it. Resolves with the first outcome that is not `delivered`, else with `delivered`.
 */
export async function createTables(
  { schema, database, table, creation }: Target,
  missing: ClickHouseError,
  run: Run,
  tell: (news: TableNews) => void,
): Promise<Outcome> {
  const statements = schema.ddl({ ...creation, database, table })
  const isDatabase = (statement: string) => /^\s*CREATE\s+DATABASE\b/i.test(statement)
  const databases = statements.filter(isDatabase)
  const others = statements.filter((statement) => !isDatabase(statement))
  // The Distributed table comes second, and rows may go through it.
  const tables = others.splice(0, creation.distributed ? 2 : 1)
  const companions = others
  const runAll = async (all: readonly string[]): Promise<Outcome> => {
    for (const statement of all) {
      const outcome = await runAsKnown(statement, run)
      if (outcome.status !== 'delivered') return outcome
    }
    return { status: 'delivered' }
  }

  if (isDatabaseMissing(missing)) {
    const made = await runAll(databases)
    if (made.status !== 'delivered') return made
  }
  let made = await runAll(tables)
  if (made.status === 'missing_table' && isDatabaseMissing(made.error))
    made = await runAll([...databases, ...tables])
  if (made.status !== 'delivered') return made
  for (const statement of companions) {
    const outcome = await runAll([statement])
    if (!isRefusal(outcome)) {
      if (outcome.status !== 'delivered') return outcome
      continue
    }
    tell({ event: 'companion_refused', statement, ...outcome })
    break // the view that follows needs this table
  }
  return { status: 'delivered' }
}

/** Servers before 20 do not know `ttl_only_drop_parts`, and those before 21.5 not the window of plain tables: their tables are created without. */
async function runAsKnown(statement: string, run: Run): Promise<Outcome> {
  const { outcome } = await run(statement)
  if (outcome.status !== 'unknown_setting') return outcome
  const shorter = withoutSetting(statement, outcome.setting)
  return shorter === undefined ? outcome : runAsKnown(shorter, run)
}

function isDatabaseMissing({ code }: ClickHouseError): boolean {
  return code === UNKNOWN_DATABASE
}

type Failure = Exclude<Outcome, { status: 'delivered' }>

/** Whether the server will refuse again until somebody changes something. */
export function isRefusal(outcome: Outcome): outcome is Failure {
  if (outcome.status === 'delivered') return false
  return outcome.status !== 'retry' || outcome.why === 'misconfigured'
}

/**
 * The types of the table's columns on the server; empty if the server does not say, undefined if it does not answer. Rejects if the answer
 * cannot be read.
 */
export async function columnsOf(
  { database, table }: TableName,
  run: Run,
): Promise<ReadonlyMap<string, string> | undefined> {
  const { outcome, text } = await run(
    `SELECT name, type FROM system.columns WHERE database = ${quoteText(database)} AND table = ${quoteText(table)} FORMAT JSONCompactEachRow`,
  )
  if (outcome.status === 'retry' && outcome.why !== 'misconfigured') return undefined
  if (outcome.status !== 'delivered') return new Map()
  return new Map(resultRows(text).map(([name = '', type = '']) => [name, type]))
}

/**
 * What our values lose in the table on the server, as short phrases; empty if they lose nothing, or if the server does not say. A type that
 * holds all our values is no difference.
 */
export function differences({ schema }: Target, there: ReadonlyMap<string, string>): string[] {
  if (there.size === 0) return []
  return schema.columns.flatMap(({ name, type }) => {
    const found = there.get(name)
    if (found === undefined) return [`${name} is missing`]
    const fate = fateIn(found, type)
    return fate === 'kept' ? [] : [`${name} is ${found} instead of ${type} (values are ${fate})`]
  })
}

/** A column of the schema whose type on the server does not hold all our values. */
export interface Misfit {
  readonly name: string
  /** Of the schema. */
  readonly type: string
  /** On the server. */
  readonly found: string
}

export function misfits({ schema }: Target, there: ReadonlyMap<string, string>): Misfit[] {
  return schema.columns.flatMap(({ name, type }) => {
    const found = there.get(name)
    return found === undefined || fateIn(found, type) === 'kept' ? [] : [{ name, type, found }]
  })
}

function fateIn(found: string, type: string): Fate {
  return canonicalType(found) === canonicalType(type) ? 'kept' : fateOf(type, found)
}

const JSON_TYPE = /^(JSON|Object)\b/

/**
 * Columns of type JSON where the schema has another type, as the Collector creates them with `json: true`. The server accepts our maps
 * there but stores every value as a text: queries over the rows of both writers then fail (386).
 */
export function jsonColumns({ schema }: Target, there: ReadonlyMap<string, string>): string[] {
  return schema.columns.flatMap(({ name, type }) => {
    const found = there.get(name) ?? ''
    // For an array, the type of its elements counts. A `Nested(…)` column is shown as arrays.
    const isJson = JSON_TYPE.test(found.replace(/^(Array\()+/, ''))
    return isJson && !/json/i.test(type) ? [name] : []
  })
}
