import { type DdlOptions, type Placement, quoteIdentifier, type Table } from '@spanhouse/transform'
import { onCluster, shapeOf, type TableShape } from '@spanhouse/transform/internal'
import { type Behind, behindOf } from './distributed-engine.js'
import type { Reader } from './reader.js'
import { additions, columnDifferences, differences } from './table-difference.js'
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
  const database = options.database ?? schema.database
  const at = { ...options, database, table: options.table ?? schema.name }
  const names = await tablesIn(reader, database, signal)
  const facts = names?.has(at.table) ? await factsOf(reader, database, at.table, signal) : undefined
  const shape = shapeOf(schema)
  const behind = facts && behindOf(facts.engineFull)
  if (facts && behind && shape)
    return differenceBehind(reader, schema, { shape, front: facts, behind, at, names }, signal)
  // A table that exists and is not Distributed stays as it is.
  const asked = facts ? { ...at, distributed: undefined } : at
  const statements = missing(schema.ddl(asked), database, names)
  if (!facts || !shape) return { statements, remarks: [] }
  return {
    statements: [...additions(shape, facts, at), ...statements],
    remarks: await differences(shape, facts, at, reader, signal),
  }
}

interface Distributed {
  readonly shape: TableShape
  readonly front: TableFacts
  readonly behind: Behind
  readonly at: Placement
  readonly names: ReadonlySet<string> | undefined
}

/**
 * What a server lacks whose table is Distributed. Rows, indexes, TTL and settings are in the local table. The Distributed table needs every
 * column too: what it lacks cannot be written through it.
 */
async function differenceBehind<Input>(
  reader: Reader,
  schema: Table<Input>,
  { shape, front, behind, at, names }: Distributed,
  signal: AbortSignal,
): Promise<SchemaDifference> {
  const { cluster } = at
  const place = { ...at, distributed: undefined }
  const local = { ...place, database: behind.database, table: behind.table }
  const facts = await factsOf(reader, local.database, local.table, signal)
  const isHere = facts.columns.size > 0
  const created = missing(createdWith(schema, at, behind), at.database, names)
  const statements = [
    ...(isHere ? additions(shape, facts, local) : []),
    ...additions({ ...shape, indexes: [] }, front, place),
    // Without --cluster it is not known whether this server should have a local table.
    ...(isHere || cluster !== undefined ? created : []),
  ]
  const remarks = [
    ...(isHere
      ? (await differences(shape, facts, local, reader, signal)).map((one) =>
          /^ALTER /.test(one) ? one : `${local.table}: ${one}`,
        )
      : [
          `${at.table} is a Distributed table over ${local.database}.${local.table}, which is not on this server: give --diff a server of the cluster ${behind.cluster} that has it.`,
        ]),
    ...columnDifferences(shape, front).map((one) => `${at.table}: ${one}`),
  ]
  if (
    cluster === undefined &&
    [...statements, ...remarks].some((one) => /^(ALTER|CREATE) /.test(one))
  )
    remarks.push(
      `Run the statements on every server of the cluster ${behind.cluster}, or name the cluster: --cluster ${behind.cluster}.`,
    )
  return { statements, remarks }
}

/** The statements that create a schema whose local table has this name. Empty if our options cannot give it this name. */
function createdWith<Input>(schema: Table<Input>, at: Placement, behind: Behind): string[] {
  const { cluster = behind.cluster } = at
  const table = behind.table.replace(at.table, () => '{table}')
  if (behind.database !== at.database || table === behind.table || table === '{table}') return []
  const statements = schema.ddl({ ...at, cluster, distributed: { table } })
  return at.cluster === undefined
    ? statements.map((one) => one.replace(onCluster({ cluster }), ''))
    : statements
}

const NAME = '`(?:[^`\\\\]|\\\\.)*`'
const CREATED = new RegExp(`^CREATE \\w+(?: VIEW)? IF NOT EXISTS (${NAME})(?:\\.(${NAME}))?`)

/** The CREATE statements whose database, table or view does not exist. */
function missing(
  statements: readonly string[],
  database: string,
  names: ReadonlySet<string> | undefined,
): string[] {
  const there = new Set([...(names ?? [])].filter(Boolean).map(quoteIdentifier))
  if (names) there.add(`${quoteIdentifier(database)} itself`)
  return statements.filter((statement) => {
    const [, first, second] = CREATED.exec(statement) ?? []
    return !there.has(second ?? `${first} itself`)
  })
}
