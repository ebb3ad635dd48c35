import {
  type Config,
  ConfigError,
  type DestinationConfig,
  endpointProblem,
  oneLine,
  parseConfig,
  parseEndpoint,
  type Signal,
} from '#exporter'
import type { Connection } from '../clickhouse/reader.js'
import { CommandError } from '../terminal/command-error.js'
import type { Schema } from './schemas.js'
import { fullyNamedTable } from './table-name.js'

/** What decides which ClickHouse is read: a part of a command's context. */
export interface Surroundings {
  readonly values: Readonly<Record<string, string | boolean | string[] | undefined>>
  readonly env: NodeJS.ProcessEnv
  readonly signal?: AbortSignal
}

/** The exit code of a command line that cannot be understood. */
const USAGE = 2

/** Options of every command that reads ClickHouse. */
export const SOURCE_OPTIONS = {
  endpoint: {
    type: 'string',
    value: 'URL',
    help: 'ClickHouse to read, such as https://user@host:8443; otherwise the one that the exporter sends to, or that of spanhouse dev',
  },
  user: {
    type: 'string',
    value: 'NAME',
    help: 'user for ClickHouse; the password comes from OTEL_EXPORTER_CLICKHOUSE_PASSWORD',
  },
  table: {
    type: 'string',
    value: 'DATABASE.TABLE',
    help: 'table to read, if there are several',
  },
} as const

export interface Source {
  readonly connection: Connection
  /** The table that `--table` names, else the one that the exporter writes. It need not exist. */
  readonly target: { readonly database: string; readonly table: string }
  /** The table of logs that the exporter writes. It need not exist. */
  readonly logs: { readonly database: string; readonly table: string }
  /** Environment variables that are ignored because they are invalid, as sentences. */
  readonly warnings: readonly string[]
}

/** The ClickHouse that `--endpoint` names, else the first one that the exporter's configuration names, else the one on this machine. */
export function sourceFor({ values, env }: Surroundings): Source {
  const options = endpointIn(values)
  const config = configOf('traces', options, env)
  const [first] = config.destinations
  if (first === undefined)
    throw new CommandError('The configuration names no ClickHouse: give --endpoint URL.')
  const { database, table } = first.targets[0]
  const target = fullyNamedTable(textOf(values['table']) ?? '') ?? { database, table }
  return {
    connection: connectionOf(first),
    target,
    logs: logsTargetOf(configOf('logs', options, env), { ...target, table: 'logs' }),
    warnings: config.doubts,
  }
}

/** What the options `--endpoint` and `--user` say, as options of the exporter. */
export function endpointIn(values: Surroundings['values']): {
  readonly endpoint?: string
  readonly username?: string
} {
  const endpoint = textOf(values['endpoint'])
  const username = textOf(values['user'])
  return {
    ...(endpoint !== undefined && { endpoint: asUrl(endpoint) }),
    ...(username !== undefined && { username }),
  }
}

/** The database that a URL such as `clickhouse://host/database` names. Undefined if there is none, or the URL is wrong. */
export function databaseIn(url: string | undefined): string | undefined {
  return url !== undefined && endpointProblem(url) === undefined
    ? parseEndpoint(url).database
    : undefined
}

/** Whether the environment names a ClickHouse for the exporter. */
export function isConfigured(env: NodeJS.ProcessEnv): boolean {
  return CONFIGURING.some((name) => env[name]?.trim())
}

const CONFIGURING = ['ENDPOINT', 'DESTINATIONS', 'CONFIG_FILE'].map(
  (name) => `OTEL_EXPORTER_CLICKHOUSE_${name}`,
)

function logsTargetOf({ destinations }: Config, otherwise: Source['logs']): Source['logs'] {
  const [first] = destinations
  if (first === undefined) return otherwise
  const { database, table } = first.targets[0]
  return { database, table }
}

/** The exporter's configuration of a signal. Throws a CommandError. */
export function configOf(
  signal: Signal,
  options: ReturnType<typeof endpointIn> & { readonly schema?: Schema },
  env: NodeJS.ProcessEnv,
): Config {
  try {
    return parseConfig(signal, options, env)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new CommandError(
      `The configuration of the exporter cannot be used: ${error.problems.map(oneLine).join('; ')}.`,
    )
  }
}

/** `host:port` stands for a URL. */
export function asUrl(text: string, option = '--endpoint'): string {
  const url = text.includes('://') ? text : `http://${text}`
  const problem = endpointProblem(url)
  // The text itself is not shown: it may contain a password.
  if (problem !== undefined) throw new CommandError(`${option} ${problem}.`, USAGE)
  return url
}

/** How the command reads a destination of the exporter. */
export function connectionOf({
  endpoint,
  username,
  password,
  headers,
  tls,
}: DestinationConfig): Connection {
  return { url: endpoint.href.replace(/\/$/, ''), username, password, headers, tls }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
