import { type DdlOptions, quoteIdentifier, quoteText, type Table } from '@spanhouse/transform'
import {
  addColumn,
  addIndex,
  retentionSettings,
  shapeOf,
  type TableShape,
  ttlExpression,
} from '@spanhouse/transform/internal'
import type { Reader } from './reader.js'
import { isSameTtl } from './same-ttl.js'
import { factsOf, type TableFacts, tablesIn } from './table-facts.js'

/** What a server lacks of a schema. */
export interface SchemaDifference {
  /** Statements that add what is missing, in order. */
  readonly statements: readonly string[]
  /** What differs and is not changed: one sentence each, with the statement that would change it if there is one. */
  readonly remarks: readonly string[]
}

/** Reads the tables of the server and compares them with what `schema.ddl(options)` would create. */
export async function schemaDifference<Input>(
  reader: Reader,
  schema: Table<Input>,
  options: DdlOptions,
  signal: AbortSignal,
): Promise<SchemaDifference> {
  const at = {
    ...options,
    database: options.database ?? schema.database,
    table: options.table ?? schema.name,
  }
  const [createDatabase = '', createTable = '', ...companions] = schema.ddl(at)
  const there = await tablesIn(reader, at.database, signal)
  const statements = there ? [] : [createDatabase]
  const remarks: string[] = []
  const shape = shapeOf(schema)
  if (!there?.has(at.table)) statements.push(createTable)
  else if (shape) {
    const facts = await factsOf(reader, at.database, at.table, signal)
    statements.push(...additions(shape, facts, at))
    remarks.push(...differences(shape, facts))
    remarks.push(...(await retentionDifference(shape, facts, at, reader, signal)))
    remarks.push(...deduplicationDifference(facts, at))
  }
  for (const companion of companions)
    if (!there?.has(createdBy(companion, at.database))) statements.push(companion)
  return { statements, remarks }
}

type At = DdlOptions & { database: string; table: string }

/** The name in `` CREATE … IF NOT EXISTS `database`.`name` ``. The names of companions are ours: nothing in them is quoted. */
function createdBy(statement: string, database: string): string {
  const start = `${quoteIdentifier(database)}.\``
  const from = statement.indexOf(start) + start.length
  const quoted = statement.slice(from, statement.indexOf('`', from))
  return quoted
}

function additions(shape: TableShape, facts: TableFacts, at: At): string[] {
  return [
    ...shape.columns
      .filter(({ name }) => !facts.columns.has(name))
      .map((column) => addColumn(column, at)),
    ...(shape.indexes ?? [])
      .filter((index) => !facts.indexes.has(nameOf(index)))
      .map((index) => addIndex(index, at)),
  ]
}

function differences(shape: TableShape, facts: TableFacts): string[] {
  const columns = shape.columns.flatMap(({ name, type }) => {
    const found = facts.columns.get(name)
    return found === undefined || plain(found) === plain(type)
      ? []
      : [`Column ${name} is ${found}; the schema has ${type}.`]
  })
  return [
    ...columns,
    ...(facts.engine.endsWith('MergeTree') ? [] : [`The engine is ${facts.engine}.`]),
    ...expression('PARTITION BY', facts.partitionBy, shape.partitionBy ?? ''),
    ...expression('ORDER BY', facts.orderBy, shape.orderBy),
  ]
}

function expression(what: string, found: string, wanted: string): string[] {
  return plain(found) === plain(wanted)
    ? []
    : [`${what} is ${found || 'missing'}; the schema has ${wanted || 'none'}.`]
}

/** Only what was asked for: without that, the server's is somebody's decision. */
async function retentionDifference(
  shape: TableShape,
  facts: TableFacts,
  at: At,
  reader: Reader,
  signal: AbortSignal,
): Promise<string[]> {
  // The storage policy first: the TTL may name a volume of it.
  const settings = Object.entries(retentionSettings(at))
    .toReversed()
    .filter(
      ([name, value]) => facts.settings.get(name)?.replace(/^'(.*)'$/s, '$1') !== String(value),
    )
    .flatMap(([name, value]) => [
      `${name} is ${facts.settings.get(name) ?? 'the default'}; the retention needs ${value}.`,
      `${alter(at)} MODIFY SETTING ${name} = ${typeof value === 'number' ? value : quoteText(value)};`,
    ])
  const wanted = ttlExpression(shape, at)
  if (wanted === undefined || (await isSameTtl(reader, facts.ttl, wanted, signal))) return settings
  return [
    ...settings,
    `TTL is ${facts.ttl || 'missing'}; asked for was ${wanted}.`,
    `${alter(at)} MODIFY TTL ${wanted};`,
  ]
}

/** A replicated table remembers blocks by itself, one of ClickHouse Cloud too. */
function deduplicationDifference(facts: TableFacts, at: At): string[] {
  const setting = 'non_replicated_deduplication_window'
  if (/^(Replicated|Shared)/.test(facts.engine) || Number(facts.settings.get(setting)) > 0)
    return []
  return [
    `${setting} is ${facts.settings.get(setting) ?? '0'}: rows that are sent twice are stored twice.`,
    `${alter(at)} MODIFY SETTING ${setting} = 10000;`,
  ]
}

function alter({ database, table, cluster }: At): string {
  const on = cluster === undefined ? '' : ` ON CLUSTER ${quoteIdentifier(cluster)}`
  return `ALTER TABLE ${quoteIdentifier(database)}.${quoteIdentifier(table)}${on}`
}

function nameOf(index: string): string {
  return index.trim().split(/\s+/)[0] ?? ''
}

/** Servers write `a, b` for `(a, b)`, and spaces as they like. */
function plain(sql: string): string {
  const bare = sql.replaceAll(/\s+/g, '')
  return /^\([^()]*(\([^()]*\)[^()]*)*\)$/.test(bare) ? bare.slice(1, -1) : bare
}
