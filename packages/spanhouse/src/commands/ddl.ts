import { harmless } from '@spanhouse/queries'
import type { DdlOptions, Table } from '@spanhouse/transform'
import { engineProblem, FAMILIES, type Signal } from '#exporter'
import { openReader } from '../clickhouse/open-reader.js'
import { type SchemaDifference, schemaDifference } from '../clickhouse/schema-difference.js'
import { SCHEMAS, type Schema } from '../config/schemas.js'
import { asUrl, databaseIn, SOURCE_OPTIONS, sourceFor } from '../config/source.js'
import { type NamedTable, namedTable } from '../config/table-name.js'
import { k6Tables } from '../k6/tables.js'
import { CommandError } from '../terminal/command-error.js'
import { withProgress } from '../terminal/progress.js'
import type { Command, Context, OptionValues } from './command.js'
import { choiceOption, secondsOption, textOption } from './option-values.js'
import { RETENTION_OPTIONS, retentionOf } from './retention-options.js'
import { signalsOf } from './signals.js'
import { verdict } from './verdict.js'

export const ddl: Command = {
  name: 'ddl',
  summary: 'Prints the statements that create the tables, or those that a server still needs',
  usage: '[options]',
  options: {
    signal: {
      type: 'string',
      value: 'traces|logs|metrics|all',
      help: 'what the tables are for, also a list such as traces,logs; default: traces',
    },
    k6: {
      type: 'boolean',
      help: 'the tables of spanhouse k6 instead; --table is the beginning of their names then',
    },
    schema: {
      type: 'string',
      value: SCHEMAS.join('|'),
      help: 'columns of the tables; default: flat',
    },
    database: {
      type: 'string',
      value: 'NAME',
      help: 'database; default: telemetry, with --schema otel or otel_json: default',
    },
    table: {
      type: 'string',
      value: 'TABLE|DATABASE.TABLE',
      help: 'table, if it is one; default: traces, logs or metrics, with --schema otel or otel_json: otel_traces, …',
    },
    ttl: {
      type: 'string',
      value: 'TIME',
      help: 'how long rows are kept, such as 30d; default: for ever',
    },
    ...RETENTION_OPTIONS,
    cluster: {
      type: 'string',
      value: 'NAME',
      help: 'create the tables on every server of this cluster (ON CLUSTER)',
    },
    engine: {
      type: 'string',
      value: 'ENGINE',
      help: 'engine of the MergeTree family, such as ReplicatedMergeTree; default: MergeTree',
    },
    distributed: {
      type: 'boolean',
      help: 'with --cluster: create tables named …_local, and a Distributed one over them',
    },
    diff: {
      type: 'string',
      value: 'URL',
      help: 'print only what that ClickHouse lacks, with other differences as comments; exit code 1 if there is any',
    },
    user: SOURCE_OPTIONS.user,
  },
  examples: [
    ['spanhouse ddl --ttl 30d | clickhouse-client --multiquery', 'creates the table of spans'],
    ['spanhouse ddl --signal all', 'the tables of traces, logs and metrics'],
    [
      'spanhouse ddl --ttl 30d --keep audit=365d --keep debug=3d',
      'other times for the rows of two services',
    ],
    [
      'spanhouse ddl --schema otel --cluster main --engine ReplicatedMergeTree --distributed',
      "the Collector's tables on shards of replicas",
    ],
    ['spanhouse ddl --k6', 'the tables of spanhouse k6'],
    ['spanhouse ddl --ttl 30d --diff http://localhost:8123', 'what this server lacks'],
  ],
  run: (context) => verdict(context, 'The comparison was interrupted.', () => run(context)),
}

async function run(context: Context): Promise<number> {
  const { values, out } = context
  const family = choiceOption(values, 'schema', SCHEMAS) ?? 'flat'
  const isK6 = values['k6'] === true
  if (isK6 && (values['signal'] !== undefined || values['schema'] !== undefined))
    throw new CommandError('--k6 names tables of their own: leave --signal and --schema out.')
  const given = optionsOf(values)
  const tables = isK6 ? k6Tables(given.table) : tablesOf(signalsOf(values, 'traces'), family)
  const { table: _, ...rest } = given
  const options: DdlOptions = isK6 ? rest : given
  if (options.table !== undefined && tables.length > 1)
    throw new CommandError(
      `--table names one table, and these are ${tables.length}: ${tables.map(({ name }) => name).join(', ')}.`,
    )
  const url = textOption(values, 'diff')
  if (url === undefined) {
    out.write(text(tables.flatMap((table) => table.ddl(options))))
    return 0
  }
  const database = options.database ?? databaseIn(url)
  const { statements, remarks } = await difference(
    context,
    tables,
    { ...options, ...(database !== undefined && { database }) },
    url,
  )
  out.write(text(statements) + remarks.map((remark) => `-- ${oneLine(remark)}\n`).join(''))
  return statements.length + remarks.length > 0 ? 1 : 0
}

function tablesOf(signals: readonly Signal[], family: Schema): readonly Table<never>[] {
  return signals.flatMap((signal): readonly Table<never>[] => FAMILIES[signal][family])
}

function optionsOf(values: OptionValues): DdlOptions {
  const named = (name: 'database' | 'cluster') => {
    const value = textOption(values, name)
    if (value === '') throw new CommandError(`--${name} must not be empty.`)
    return value === undefined ? {} : { [name]: value }
  }
  const at = tableIn(values)
  const engine = textOption(values, 'engine')
  const problem = engine === undefined ? undefined : engineProblem(engine)
  if (problem !== undefined) throw new CommandError(`--engine ${problem}.`)
  if (values['distributed'] === true && textOption(values, 'cluster') === undefined)
    throw new CommandError('--distributed goes with --cluster NAME.')
  const ttl = secondsOption(values, 'ttl')
  const retention = retentionOf(values)
  return {
    ...named('database'),
    ...at,
    ...named('cluster'),
    ...(engine !== undefined && { engine }),
    ...(values['distributed'] === true && { distributed: {} }),
    ...(ttl !== undefined && { ttl }),
    ...(retention && { retention }),
  } as DdlOptions
}

/** A dot separates the database, as in every command: no table gets a name that the others would read as two. */
function tableIn(values: OptionValues): Partial<NamedTable> {
  const text = textOption(values, 'table')
  if (text === undefined) return {}
  if (text === '') throw new CommandError('--table must not be empty.')
  const at = namedTable(text)
  if (at === undefined) throw new CommandError('--table must be TABLE or DATABASE.TABLE.')
  const database = textOption(values, 'database')
  if (at.database !== undefined && database !== undefined && at.database !== database)
    throw new CommandError(
      `--table names the database ${harmless(at.database, 100)}, and --database names ${harmless(database, 100)}: name one.`,
    )
  return at
}

async function difference(
  context: Context,
  tables: readonly Table<never>[],
  options: DdlOptions,
  url: string,
): Promise<SchemaDifference> {
  const { values, env, signal, err } = context
  const { connection } = sourceFor({
    values: { ...values, endpoint: asUrl(url, '--diff') },
    env,
    signal,
  })
  const reader = openReader(connection)
  try {
    return await withProgress(err, `Reading the tables of ${connection.url}`, async () => {
      const statements: string[] = []
      const remarks: string[] = []
      for (const table of tables) {
        const found = await schemaDifference(reader, table, options, signal)
        statements.push(...found.statements)
        const of = tables.length > 1 ? `${table.name}: ` : ''
        remarks.push(
          ...found.remarks.map((remark) => (/^ALTER /.test(remark) ? remark : of + remark)),
        )
      }
      return { statements, remarks }
    })
  } finally {
    await reader.close()
  }
}

/** Several tables have one database. */
function text(statements: readonly string[]): string {
  return [...new Set(statements)].map((statement) => `${statement};\n`).join('\n')
}

/** A line break would end the comment. */
function oneLine(remark: string): string {
  return remark.replaceAll(/\s+/g, ' ')
}
