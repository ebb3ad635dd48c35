import {
  createTable,
  type DistributedOptions,
  onCluster,
  type Placement,
  type TableShape,
} from './ddl.js'
import { quoteIdentifier } from './identifier.js'

type Companions = (at: Placement) => string[]

/**
 * The statements that create a table and its companions. With `distributed`: the local tables first, then the Distributed one over them, then
 * the same for the companions.
 */
export function createWithCompanions(
  shape: TableShape,
  companions: Companions,
  at: Placement,
): string[] {
  const { distributed, ...named } = at
  if (!distributed) return [createTable(shape, at), ...companions(at)]
  if (at.cluster === undefined) throw new TypeError('distributed needs a cluster')
  const local = { ...named, table: localName(at.table, distributed) }
  const key = distributed.shardingKey ?? shape.shardingKey ?? defaultKey(shape)
  const localCompanions = companions(local)
  const names = companions(named).map(nameIn)
  // A view belongs to the local table. Only the table that it fills is read from everywhere.
  const over = localCompanions.flatMap((statement, index) => {
    const [name, localOne] = [names[index], nameIn(statement)]
    return name && localOne ? [distributedOver(localOne, name, at)] : []
  })
  return [
    createTable(shape, local),
    distributedOver(quoted(local), quoted(at), at, key),
    ...localCompanions,
    ...over,
  ]
}

/** The name of the local tables behind the Distributed table `table`. */
export function localName(
  table: string,
  { table: pattern = '{table}_local' }: DistributedOptions,
): string {
  if (!pattern.includes('{table}'))
    throw new TypeError('the name of the local tables must contain {table}, the name of the other')
  if (pattern === '{table}')
    throw new TypeError('the name of the local tables must contain more than {table}')
  return pattern.replaceAll('{table}', table)
}

interface Quoted {
  readonly database: string
  readonly table: string
}

function quoted({ database, table }: Placement): Quoted {
  return { database: quoteIdentifier(database), table: quoteIdentifier(table) }
}

function distributedOver(local: Quoted, { database, table }: Quoted, at: Placement, key?: string) {
  const parts = [
    quoteIdentifier(at.cluster ?? ''),
    local.database,
    local.table,
    ...(key ? [key] : []),
  ]
  return [
    `CREATE TABLE IF NOT EXISTS ${database}.${table}${onCluster(at)}`,
    `AS ${local.database}.${local.table}`,
    `ENGINE = Distributed(${parts.join(', ')})`,
  ].join('\n')
}

const IDENTIFIER = '`(?:[^`\\\\]|\\\\.)*`'
const CREATED = new RegExp(`^CREATE TABLE IF NOT EXISTS (${IDENTIFIER})\\.(${IDENTIFIER})`)

/** The table that a statement of ours creates; undefined for a view. */
function nameIn(statement: string): Quoted | undefined {
  const [, database, table] = CREATED.exec(statement) ?? []
  return database === undefined || table === undefined ? undefined : { database, table }
}

/** The spans of a trace belong together. Otherwise rows are spread by what sorts them: at every attempt in the same way, because tokens need that. */
function defaultKey({ columns, orderBy }: TableShape): string {
  const id = columns.find(({ name }) => name === 'trace_id' || name === 'TraceId')
  return `cityHash64(${id ? quoteIdentifier(id.name) : orderBy})`
}
