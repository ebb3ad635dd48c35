import { addColumn, shapeOf } from '@spanhouse/transform/internal'
import {
  columnsOf,
  type DestinationConfig,
  deduplicationOf,
  differences,
  jsonColumns,
} from '#exporter'
import { type Check, duration, type Found, ok, problem, skipped, warning } from '../check.js'
import type { Facts } from '../facts.js'
import type { Remedy } from '../remedy.js'

/** The statements that create what is missing. */
function statementsFor({ destination }: Facts, hasDatabase: boolean): Remedy[] {
  const { database, table, schema, creation } = destination.targets[0]
  return schema
    .ddl({ ...creation, database, table })
    .filter((sql) => !(hasDatabase && /^CREATE DATABASE/.test(sql)))
    .map((sql) => ({ kind: 'sql', destination: destination.name, sql, isSafe: true }))
}

export const table: Check<Facts> = {
  id: 'table',
  title: 'table',
  needs: ['credentials'],
  async run(facts) {
    const { name } = facts.table
    const info = await facts.table.info()
    if (info === 'unknown') return [skipped(`the server does not say whether ${name} exists`)]
    if (info) return [ok(`${name} exists`)]
    if (!facts.passed('rights')) return [skipped(`${name} is missing, or this user may not see it`)]
    const hasDatabase = await facts.table.hasDatabase()
    const missing =
      hasDatabase === false
        ? `the database of ${name} does not exist`
        : `the table ${name} does not exist`
    if (facts.destination.manageSchema !== 'create')
      return [
        problem(
          missing,
          'Create it, or set `manageSchema` to create.',
          statementsFor(facts, hasDatabase !== false),
        ),
      ]
    const fix =
      'The exporter creates what is missing with the first rows; `spanhouse doctor --fix --yes` does it now.'
    return [
      {
        ...warning(`${missing} yet`, fix, statementsFor(facts, hasDatabase !== false)),
        blocks: true,
      },
    ]
  },
}

const ENGINES: Readonly<Record<string, readonly ['problem' | 'warning', string]>> = {
  Null: ['problem', 'keeps no rows'],
  Memory: ['warning', 'loses its rows when the server restarts, and cannot deduplicate'],
  Buffer: ['warning', 'loses rows when the server crashes, and cannot deduplicate'],
  Merge: ['problem', 'only reads other tables'],
  MaterializedView: ['warning', 'is meant for rows of another table'],
  View: ['problem', 'takes no rows'],
}

export const engine: Check<Facts> = {
  id: 'engine',
  title: 'engine',
  needs: ['table'],
  async run({ table }) {
    const info = await table.info()
    if (typeof info !== 'object') return [skipped(`the engine of ${table.name} is not known`)]
    const known = ENGINES[info.engine]
    const fix = 'Insert into a table of the MergeTree family (`spanhouse ddl` prints one).'
    if (known) {
      const text = `the engine ${info.engine} ${known[1]}`
      return [known[0] === 'problem' ? problem(text, fix) : warning(text, fix)]
    }
    // The check of deduplication looks at the local tables behind it.
    if (info.engine === 'Distributed') return [ok(info.engine)]
    if (/MergeTree$/.test(info.engine)) return [ok(info.engine)]
    return [warning(`the engine ${info.engine} is not of the MergeTree family`, fix)]
  },
}

export const columns: Check<Facts> = {
  id: 'columns',
  title: 'columns',
  needs: ['table'],
  async run({ server, destination, table }) {
    const target = destination.targets[0]
    const there = await columnsOf(target, server.asking.run)
    if (!there || there.size === 0)
      return [skipped(`the server does not name the columns of ${table.name}`)]
    const json = new Set(jsonColumns(target, there))
    const missing = target.schema.columns.filter(({ name }) => !there.has(name))
    const others = differences(target, there).filter(
      (text) => !text.endsWith(' is missing') && !json.has(text.split(' ')[0] ?? ''),
    )
    const found: Found[] = []
    if (missing.length > 0)
      found.push(
        problem(
          `${missing.length === 1 ? 'a column is' : `${missing.length} columns are`} missing: ${missing.map(({ name }) => name).join(', ')}`,
          'Add what is missing, or set `schema` to that of the table.',
          await additions(
            missing.map(({ name }) => name),
            destination,
            table,
          ),
        ),
      )
    if (json.size > 0)
      found.push(
        problem(
          `of type JSON instead of a map: ${[...json].join(', ')}, so all values are stored as texts`,
          'Use a table without JSON columns (`spanhouse ddl --schema otel` prints one).',
        ),
      )
    if (others.length > 0)
      found.push(
        warning(
          others.join(', '),
          'ClickHouse converts what it can; a value that it cannot convert is dropped.',
        ),
      )
    return found.length > 0 ? found : [ok(`all ${target.schema.columns.length} columns are there`)]
  },
}

/** The statements of `spanhouse ddl --diff`. */
async function additions(
  names: readonly string[],
  { name, targets }: DestinationConfig,
  table: Facts['table'],
): Promise<Remedy[]> {
  const missing = (shapeOf(targets[0].schema)?.columns ?? []).filter((column) =>
    names.includes(column.name),
  )
  const local = await table.local()
  const places = local === table ? [table] : [local, table]
  return places.flatMap(({ at }) =>
    missing.map((column) => ({
      kind: 'sql',
      destination: name,
      sql: addColumn(column, at),
      isSafe: true,
    })),
  )
}

export const deduplication: Check<Facts> = {
  id: 'deduplication',
  title: 'deduplication',
  needs: ['table'],
  async run({ server, destination, table }) {
    if (destination.asyncInsert)
      return [ok('given up by `asyncInsert`: a retry may store rows twice')]
    const finding = await deduplicationOf(destination.targets[0], server.asking)
    if (!finding || finding.deduplication === 'unknown')
      return [skipped('the server does not say whether it recognises a retry')]
    if (finding.deduplication === 'effective') return [ok('a retry stores no row twice')]
    const isWindow = finding.because?.includes('deduplication_window') === true
    const remedy: Remedy = {
      kind: 'sql',
      destination: destination.name,
      sql: `ALTER TABLE ${(await table.local()).quoted} MODIFY SETTING non_replicated_deduplication_window = 10000`,
      isSafe: true,
    }
    return [
      warning(
        'a retry after a lost answer may store rows twice',
        finding.because,
        isWindow ? [remedy] : [],
      ),
    ]
  },
}

const TTL = /\bTTL\s+(.+?)(?=\s+(?:SETTINGS|COMMENT)\b|$)/s

export const ttl: Check<Facts> = {
  id: 'ttl',
  title: 'TTL',
  needs: ['table'],
  async run({ table, destination }) {
    const local = await table.local()
    const info = await local.info()
    if (typeof info !== 'object') return [skipped(`the TTL of ${local.name} is not known`)]
    const there = TTL.exec(info.engineFull)?.[1]
    const { creation, database, table: name, schema } = destination.targets[0]
    const { ttl: wished } = creation
    if (there === undefined && wished === undefined)
      return [ok('none: rows stay until somebody deletes them (option `ttl`)')]
    if (there === undefined) {
      const expression = schema
        .ddl({ ...creation, database, table: name })
        .map((one) => TTL.exec(one)?.[1])
        .find((one) => one !== undefined)
      return [
        warning(
          `\`ttl\` is ${duration((wished ?? 0) * 1000)}, but the table has no TTL: the option counts only when the exporter creates the table`,
          'Add it to the table. It deletes older rows.',
          expression === undefined
            ? []
            : [
                {
                  kind: 'sql',
                  destination: destination.name,
                  sql: `ALTER TABLE ${local.quoted} MODIFY TTL ${expression}`,
                  isSafe: false,
                },
              ],
        ),
      ]
    }
    return [ok(there)]
  },
}
