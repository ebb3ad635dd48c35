import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { numberOf } from '#exporter'
import type { ReceiverOptions } from '#receiver'
import { SCHEMAS } from '../config/schemas.js'
import { endpointIn, SOURCE_OPTIONS } from '../config/source.js'
import { namedTable } from '../config/table-name.js'
import { CommandError } from '../terminal/command-error.js'
import { USAGE_EXIT_CODE } from './arguments.js'
import type { Command, Context, OptionValues } from './command.js'
import { choiceOption, textOption } from './option-values.js'

export const RECEIVE_OPTIONS: Command['options'] = {
  host: { type: 'string', value: 'ADDRESS', help: 'address to listen on (127.0.0.1)' },
  'http-port': {
    type: 'string',
    value: 'PORT',
    help: 'port of OTLP/HTTP (4318); 0 for any free one, off for none',
  },
  'grpc-port': {
    type: 'string',
    value: 'PORT',
    help: 'port of OTLP/gRPC (4317); 0 for any free one, off for none',
  },
  endpoint: {
    type: 'string',
    value: 'URL',
    help: 'ClickHouse to write to, such as https://user@host:8443; otherwise what OTEL_EXPORTER_CLICKHOUSE_* says',
  },
  user: SOURCE_OPTIONS.user,
  table: { type: 'string', value: 'TABLE', help: 'table of the spans, or DATABASE.TABLE' },
  schema: { type: 'string', value: 'NAME', help: `tables to write: ${SCHEMAS.join(', ')} (flat)` },
  spool: {
    type: 'string',
    value: 'DIR',
    help: 'keep rows in this folder until they are stored, and answer requests once their rows are in it',
  },
  acknowledge: {
    type: 'string',
    value: 'WHEN',
    help: 'without a spool, answer a request when its rows are delivered, or accepted in memory (delivered)',
  },
  'cors-origin': {
    type: 'string',
    multiple: true,
    value: 'ORIGIN',
    help: 'web pages of this origin may send, such as https://shop.example; * for all; may be given again',
  },
  'token-file': {
    type: 'string',
    value: 'FILE',
    help: 'requests must carry the token in this file; otherwise the one in SPANHOUSE_RECEIVER_TOKEN, if there is one',
  },
  'tls-cert': { type: 'string', value: 'FILE', help: 'serve with TLS and this certificate (PEM)' },
  'tls-key': { type: 'string', value: 'FILE', help: 'its key (PEM)' },
  'tls-client-ca': {
    type: 'string',
    value: 'FILE',
    help: 'clients must have a certificate of this authority (PEM)',
  },
  'max-body': { type: 'string', value: 'SIZE', help: 'size of one request, inflated (64MiB)' },
  config: {
    type: 'string',
    value: 'FILE',
    help: "the exporter's configuration file, instead of OTEL_EXPORTER_CLICKHOUSE_CONFIG_FILE",
  },
}

/** What the command line says, as options of the receiver. Throws a CommandError. */
export function receiverOptionsIn({ values, env, cwd }: Context): ReceiverOptions {
  const host = textOption(values, 'host')
  const token = tokenIn(values, env, cwd)
  const tls = tlsIn(values, cwd)
  const origins = values['cors-origin']
  const bodyBytes = sizeIn(values, 'max-body')
  const options: ReceiverOptions = {
    ...(host !== undefined && { host }),
    httpPort: portIn(values, 'http-port', 4318),
    grpcPort: portIn(values, 'grpc-port', 4317),
    acknowledge: choiceOption(values, 'acknowledge', ['delivered', 'accepted'] as const),
    exporter: exporterIn(values, cwd),
    ...(token !== undefined && { token }),
    ...(tls && { tls }),
    ...(Array.isArray(origins) && { cors: { origins } }),
    ...(bodyBytes !== undefined && {
      limits: { bodyBytes, bytesInProgress: Math.max(4 * bodyBytes, DEFAULT_IN_PROGRESS) },
    }),
  }
  if (options.httpPort === false && options.grpcPort === false)
    throw usage('--http-port off and --grpc-port off leave nothing to do.')
  return options
}

const DEFAULT_IN_PROGRESS = 256 * 1024 * 1024

/** The environment of the exporter: `--config` replaces a variable. */
export function environmentIn({ values, env, cwd }: Context): NodeJS.ProcessEnv {
  const file = textOption(values, 'config')
  return {
    ...env,
    OTEL_EXPORTER_CLICKHOUSE_WARNINGS: 'false', // they are printed as lines of the log
    ...(file !== undefined && { OTEL_EXPORTER_CLICKHOUSE_CONFIG_FILE: resolve(cwd, file) }),
  }
}

function exporterIn(values: OptionValues, cwd: string): NonNullable<ReceiverOptions['exporter']> {
  const schema = choiceOption(values, 'schema', SCHEMAS)
  const spool = textOption(values, 'spool')
  const named = textOption(values, 'table')
  const table = named === undefined ? {} : namedTable(named)
  if (!table) throw usage('--table must be TABLE or DATABASE.TABLE.')
  return {
    ...endpointIn(values),
    ...table,
    ...(schema !== undefined && { schema }),
    ...(spool !== undefined && { spool: { directory: resolve(cwd, spool) } }),
  }
}

function portIn(values: OptionValues, name: string, otherwise: number): number | false {
  const text = textOption(values, name)
  if (text === undefined) return otherwise
  if (text.toLowerCase() === 'off') return false
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw usage(`--${name} takes a number from 0 to 65535, or off.`)
}

function sizeIn(values: OptionValues, name: string): number | undefined {
  const text = textOption(values, name)
  if (text === undefined) return undefined
  const bytes = numberOf('bytes', text)
  if (bytes !== undefined && Number.isSafeInteger(bytes) && bytes > 0) return bytes
  throw usage(`--${name} must be a size, such as 64MiB.`)
}

/** Not on the command line, where every user of the machine reads it. */
function tokenIn(values: OptionValues, env: NodeJS.ProcessEnv, cwd: string): string | undefined {
  const text = fileIn(values, 'token-file', cwd) ?? env['SPANHOUSE_RECEIVER_TOKEN']
  if (text === undefined) return undefined
  const token = text.trim()
  if (token !== '') return token
  // A user who configures a token does not want a receiver without one.
  throw new CommandError('The token is empty: write one into the file, or unset the variable.')
}

function tlsIn(values: OptionValues, cwd: string): ReceiverOptions['tls'] {
  const cert = fileIn(values, 'tls-cert', cwd)
  const key = fileIn(values, 'tls-key', cwd)
  const clientCa = fileIn(values, 'tls-client-ca', cwd)
  if (cert === undefined && key === undefined && clientCa === undefined) return undefined
  if (cert === undefined || key === undefined)
    throw usage('TLS needs both --tls-cert and --tls-key.')
  return { cert, key, ...(clientCa !== undefined && { clientCa }) }
}

function fileIn(values: OptionValues, name: string, cwd: string): string | undefined {
  const file = textOption(values, name)
  if (file === undefined) return undefined
  try {
    return readFileSync(resolve(cwd, file), 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CommandError(`The file of --${name} cannot be read (${code}): check its path.`)
  }
}

function usage(sentence: string): CommandError {
  return new CommandError(sentence, USAGE_EXIT_CODE)
}
