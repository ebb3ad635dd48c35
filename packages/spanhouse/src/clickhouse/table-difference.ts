import { type Placement, quoteIdentifier, quoteText } from '@spanhouse/transform'
import {
  addColumn,
  addIndex,
  onCluster,
  retentionSettings,
  type TableShape,
  ttlExpression,
} from '@spanhouse/transform/internal'
import type { Reader } from './reader.js'
import { isSameTtl } from './same-ttl.js'
import type { TableFacts } from './table-facts.js'

/** The statements that add the columns and indexes that a table lacks. */
export function additions(shape: TableShape, facts: TableFacts, at: Placement): string[] {
  return [
    ...shape.columns
      .filter(({ name }) => !facts.columns.has(name))
      .map((column) => addColumn(column, at)),
    ...(shape.indexes ?? [])
      .filter((index) => !facts.indexes.has(nameOf(index)))
      .map((index) => addIndex(index, at)),
  ]
}

/** What differs in a table that is not Distributed, as sentences, and statements that change it. */
export async function differences(
  shape: TableShape,
  facts: TableFacts,
  at: Placement,
  reader: Reader,
  signal: AbortSignal,
): Promise<string[]> {
  return [
    ...columnDifferences(shape, facts),
    ...engineDifference(facts, at),
    ...expression('PARTITION BY', facts.partitionBy, shape.partitionBy ?? ''),
    ...expression('ORDER BY', facts.orderBy, shape.orderBy),
    ...(await retentionDifference(shape, facts, at, reader, signal)),
    ...deduplicationDifference(facts, at),
  ]
}

export function columnDifferences(shape: TableShape, facts: TableFacts): string[] {
  return shape.columns.flatMap(({ name, type }) => {
    const found = facts.columns.get(name)
    return found === undefined || plain(found) === plain(type)
      ? []
      : [`Column ${name} is ${found}; the schema has ${type}.`]
  })
}

/** In ClickHouse Cloud, the server replaces our engines by its own (`Shared…`): that is no difference. */
function engineDifference({ engine }: TableFacts, at: Placement): string[] {
  if (at.distributed) return [`The engine is ${engine}; asked for was Distributed.`]
  if (!engine.endsWith('MergeTree')) return [`The engine is ${engine}.`]
  const asked = /^\s*(\w+)/.exec(at.engine ?? '')?.[1] ?? engine
  return asked === engine || engine.startsWith('Shared')
    ? []
    : [`The engine is ${engine}; asked for was ${asked}.`]
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
  at: Placement,
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
function deduplicationDifference(facts: TableFacts, at: Placement): string[] {
  const setting = 'non_replicated_deduplication_window'
  if (/^(Replicated|Shared)/.test(facts.engine) || Number(facts.settings.get(setting)) > 0)
    return []
  return [
    `${setting} is ${facts.settings.get(setting) ?? '0'}: rows that are sent twice are stored twice.`,
    `${alter(at)} MODIFY SETTING ${setting} = 10000;`,
  ]
}

function alter(at: Placement): string {
  const { database, table } = at
  return `ALTER TABLE ${quoteIdentifier(database)}.${quoteIdentifier(table)}${onCluster(at)}`
}

function nameOf(index: string): string {
  return index.trim().split(/\s+/)[0] ?? ''
}

/** Servers write `a, b` for `(a, b)`, and spaces as they like. */
function plain(sql: string): string {
  const bare = sql.replaceAll(/\s+/g, '')
  return /^\([^()]*(\([^()]*\)[^()]*)*\)$/.test(bare) ? bare.slice(1, -1) : bare
}
