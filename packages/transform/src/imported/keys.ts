import { checkShape } from '../declared/checks.js'
import type { ColumnShape, MaterializedColumn, TableShape } from '../sql/ddl.js'
import type { DescribedIndex, TableDescription } from './description.js'

export type Keys = Omit<TableShape, 'columns' | 'shardingKey'>

/** What a CREATE TABLE says besides the columns that are written. Only `ddl()` uses it; rows do not depend on it. */
export interface FoundKeys {
  readonly keys: Keys
  /** Parts that are left out, because they name columns that the definition does not have. */
  readonly without: readonly string[]
}

/** Takes each part (keys, TTL, indexes, settings) with which the definition passes its checks. */
export function keysOf(described: TableDescription, columns: readonly ColumnShape[]): FoundKeys {
  const without: string[] = []
  const isMergeTree = /MergeTree$/.test(described.engine)
  const materialized = isMergeTree ? materializedOf(described, columns) : []
  const isRight = (part: Partial<TableShape>): boolean =>
    isShape({ columns, materialized, ...part })
  const { settings, ttl } = isMergeTree ? endOf(described.engineFull ?? '') : {}
  const take = <Name extends keyof TableShape>(
    name: Name,
    value: TableShape[Name] | undefined,
    sql: string,
  ): Partial<TableShape> => {
    if (value === undefined) return {}
    if (isRight({ [name]: value, ...(settings && { settings }) })) return { [name]: value }
    without.push(sql)
    return {}
  }
  const { sortingKey = '', partitionKey = '' } = described
  const orderBy = sortingKey === '' ? undefined : listed(sortingKey)
  const partitionBy = partitionKey === '' ? undefined : listed(partitionKey)
  const indexes = (described.indexes ?? []).flatMap((index) => {
    const text = indexSql(index)
    if (text !== undefined && isRight({ indexes: [text] })) return [text]
    without.push(`INDEX ${index.name}`)
    return []
  })
  const engine = isMergeTree ? engineOf(described) : undefined
  const keys: Keys = {
    ...(described.comment && { comment: described.comment }),
    ...(materialized.length > 0 && { materialized }),
    ...(engine !== undefined && { engine }),
    orderBy: 'tuple()',
    ...take('orderBy', orderBy, `ORDER BY ${orderBy}`),
    ...take('partitionBy', partitionBy, `PARTITION BY ${partitionBy}`),
    ...take('ttl', ttl === undefined ? undefined : ageIn(ttl), `TTL ${ttl}`),
    ...(indexes.length > 0 && { indexes }),
    ...(settings && Object.keys(settings).length > 0 && { settings }),
  }
  return { keys, without }
}

function isShape(shape: Omit<TableShape, 'orderBy'> & Partial<TableShape>): boolean {
  try {
    checkShape({ orderBy: 'tuple()', ...shape })
    return true
  } catch {
    return false
  }
}

/** The MATERIALIZED columns whose expressions use only columns of the definition. */
function materializedOf(
  { columns: all }: TableDescription,
  columns: readonly ColumnShape[],
): MaterializedColumn[] {
  return all
    .filter(({ default_kind }) => default_kind === 'MATERIALIZED')
    .map(({ name, type, default_expression: expression, compression_codec }) => ({
      name,
      type,
      expression,
      ...codecIn(compression_codec),
    }))
    .filter((one) => isShape({ columns, materialized: [one] }))
}

export function codecIn(sql: string): { codec?: string } {
  const [, codec] = /^CODEC\((.*)\)$/s.exec(sql) ?? []
  return codec === undefined ? {} : { codec }
}

/** The server writes `a, b` for `(a, b)`. */
function listed(key: string): string {
  return key.includes(',') ? `(${key})` : key
}

function indexSql({ name, expr, type_full, granularity }: DescribedIndex): string | undefined {
  if (!/^\w+$/.test(name)) return undefined
  return `${name} ${expr} TYPE ${type_full} GRANULARITY ${granularity}`
}

/**
 * The engine for a table that is made anew. A Replicated engine loses its path, which belongs to one table alone, and an engine of ClickHouse
 * Cloud becomes the one that it stands for. Undefined for MergeTree, the default.
 */
function engineOf({ engine, engineFull = '' }: TableDescription): string | undefined {
  if (engine === 'MergeTree' || engine === 'SharedMergeTree') return undefined
  if (/^(Replicated|Shared)/.test(engine)) return engine.replace(/^Shared/, '')
  const [, found = engine] =
    /^(\w+(?:\(.*?\))?)(?: PARTITION BY | PRIMARY KEY | ORDER BY |$)/s.exec(engineFull) ?? []
  return found
}

/** The TTL without its `+ toIntervalDay(30)`: how long rows are kept is an option, not a part of a definition. */
function ageIn(ttl: string): string | undefined {
  return /^(.+) \+ toInterval\w+\(\d+\)$/s.exec(ttl)?.[1]
}

function endOf(full: string): {
  readonly ttl?: string
  readonly settings?: Readonly<Record<string, string | number>>
} {
  const [, before = full, after = ''] = /^(.*) SETTINGS (.*)$/s.exec(full) ?? []
  const [, ttl] = / TTL (.*)$/s.exec(before) ?? []
  const settings = Object.fromEntries(
    [...after.matchAll(/(\w+) = ('(?:[^'\\]|\\.)*'|[^,]+)/g)]
      .map(([, name = '', value = '']): [string, string | number] => [
        name,
        /^\d{1,15}$/.test(value) ? Number(value) : value.replace(/^'(.*)'$/s, '$1'),
      ])
      .filter(([name, value]) => name !== 'index_granularity' || value !== 8192),
  )
  return { ...(ttl !== undefined && { ttl }), settings }
}
