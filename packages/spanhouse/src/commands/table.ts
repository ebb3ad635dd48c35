import { harmless } from '@spanhouse/queries'
import { type ImportedTable, tableFromServer } from '@spanhouse/transform'
import type { Signal } from '#exporter'
import { openReader } from '../clickhouse/open-reader.js'
import type { Reader } from '../clickhouse/reader.js'
import { databasesOf, tablesIn } from '../clickhouse/table-facts.js'
import { databaseIn, SOURCE_OPTIONS, sourceFor } from '../config/source.js'
import { namedTable } from '../config/table-name.js'
import { CommandError } from '../terminal/command-error.js'
import { withProgress } from '../terminal/progress.js'
import { nearest } from './arguments.js'
import type { Command, Context } from './command.js'
import { choiceOption, textOption } from './option-values.js'
import { tableModule } from './table-module.js'
import { verdict } from './verdict.js'

const MOST_NAMES = 20

export const table: Command = {
  name: 'table',
  summary: 'Writes a definition, for the exporter, of a table that is in ClickHouse already',
  usage: 'import [URL] DATABASE.TABLE [options]',
  positionals: { min: 1, max: 3 },
  options: {
    signal: {
      type: 'string',
      value: 'traces|logs|metrics',
      help: 'what its rows are made of; otherwise its columns tell',
    },
    format: {
      type: 'string',
      value: 'ts|js',
      help: 'language of the module; default: ts, which also has the type of a row',
    },
    endpoint: { ...SOURCE_OPTIONS.endpoint, help: 'the same as URL before the table' },
    user: SOURCE_OPTIONS.user,
  },
  examples: [
    [
      'spanhouse table import http://localhost:8123 shop.spans > spans.ts',
      'the definition on standard output; exit code 1 if a column could not be mapped',
    ],
    [
      'spanhouse table import shop.spans --format js > spans.mjs',
      'of the ClickHouse that the exporter sends to',
    ],
  ],
  run: (context) => verdict(context, 'The import was interrupted.', () => run(context)),
}

/** Exit code 1: a column gets no value. */
async function run(context: Context): Promise<number> {
  const { values, positionals, out, err } = context
  const { url = textOption(values, 'endpoint'), named } = argumentsIn(positionals)
  const signal = choiceOption(values, 'signal', ['traces', 'logs', 'metrics'])
  const format = choiceOption(values, 'format', ['ts', 'js']) ?? 'ts'
  const imported = await importedFrom(context, url, named, signal)
  const { text, exported } = tableModule(imported, { types: format === 'ts' })
  out.write(text)
  for (const line of reportOf(imported, exported)) err.write(`${line}\n`)
  return imported.unmapped.length > 0 ? 1 : 0
}

function argumentsIn(positionals: readonly string[]): {
  readonly url: string | undefined
  readonly named: string
} {
  const [verb, ...others] = positionals
  const named = others.pop()
  const [url] = others
  if (verb !== 'import')
    throw new CommandError(
      'The first word after spanhouse table is import: spanhouse table import URL DATABASE.TABLE.',
    )
  if (named === undefined || named.includes('://'))
    throw new CommandError('Name the table: spanhouse table import URL DATABASE.TABLE.')
  return { url, named }
}

async function importedFrom(
  { values, env, signal: ending, err }: Context,
  url: string | undefined,
  named: string,
  signal: Signal | undefined,
): Promise<ImportedTable> {
  try {
    const { connection } = sourceFor({
      values: { ...values, ...(url !== undefined && { endpoint: url }) },
      env,
      signal: ending,
    })
    const at = namedTable(named)
    if (at === undefined) throw new CommandError('The table must be TABLE or DATABASE.TABLE.')
    const { database = databaseIn(url) ?? 'default', table } = at
    const reader = openReader(connection)
    try {
      return await withProgress(
        err,
        `Reading ${harmless(`${database}.${table}`, 100)} of ${connection.url}`,
        async () => {
          await checkThere(reader, database, table, ending)
          const ask = async (sql: string) =>
            (await reader.ask<unknown>({ name: 'table', sql, parameters: {} }, ending)).rows
          return await tableFromServer({ ask, database, table, signal })
        },
      )
    } finally {
      await reader.close()
    }
  } catch (error) {
    throw error instanceof TypeError ? new CommandError(sentence(error.message)) : error
  }
}

/** Throws a CommandError with the nearest name, or all of them, if there is no such database or table. */
async function checkThere(
  reader: Reader,
  database: string,
  table: string,
  signal: AbortSignal,
): Promise<void> {
  const tables = await tablesIn(reader, database, signal)
  if (tables?.has(table)) return
  const [what, word, known] = tables
    ? ([`table ${database}.${table}`, table, [...tables].filter((name) => name !== '')] as const)
    : ([`database ${database}`, database, await databasesOf(reader, signal)] as const)
  const near = nearest(word, known)
  throw new CommandError(
    `There is no ${harmless(what, 200)}: ${near === undefined ? choices(known) : `did you mean ${harmless(near, 100)}?`}`,
  )
}

function choices(known: readonly string[]): string {
  const shown = known.slice(0, MOST_NAMES).map((name) => harmless(name, 60))
  const more = known.length - shown.length
  if (known.length === 0) return 'this user sees none.'
  return `there ${known.length === 1 ? 'is' : 'are'} ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`
}

function sentence(message: string): string {
  const text = harmless(message, 400)
  return `${text[0]?.toUpperCase()}${text.slice(1)}${text.endsWith('signal') ? ', with --signal' : ''}.`
}

/** The report, line by line. */
function reportOf(
  { mapped, unmapped, left, guesses, remarks, signal, base }: ImportedTable,
  exported: string,
): string[] {
  const all = mapped + unmapped.length
  return [
    `Mapped ${mapped} of ${all} columns to ${signal}${base === undefined ? '' : `, as the table ${base}`}${left.length > 0 ? `; ${left.length} more ${left.length === 1 ? 'needs' : 'need'} no value` : ''}.`,
    ...unmapped.map(
      ({ column, type, why }) => `  not mapped: ${shown(column, type)}: ${harmless(why, 300)}`,
    ),
    ...[...guesses].map(
      ([column, guess]) => `  a guess: ${harmless(column, 100)}: ${harmless(guess, 300)}`,
    ),
    ...remarks.map((remark) => harmless(remark, 1000)),
    `Give it to the exporter or processor of ${signal}: { schema: ${exported} }.`,
  ]
}

function shown(column: string, type: string): string {
  return `${harmless(column, 100)} ${harmless(type, 100)}`
}
