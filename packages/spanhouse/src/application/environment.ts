import { delimiter, dirname, join } from 'node:path'
import { loadsRegister } from './loads-register.js'
import { packageNameAbove } from './manifest.js'
import { preloadFile, withRegister } from './register.js'

const PREFIX = 'OTEL_EXPORTER_CLICKHOUSE_'
/** An application in development sends few spans, and whoever waits for the first one waits for this. */
const BATCH_DELAY_MS = 200

/** The variables that say where each signal goes. */
export const EXPORTERS = [
  'OTEL_TRACES_EXPORTER',
  'OTEL_LOGS_EXPORTER',
  'OTEL_METRICS_EXPORTER',
] as const

export interface ChildOptions {
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly command: readonly string[]
  /** Where its spans go. Default: what the environment says. */
  readonly endpoint?: string | undefined
  readonly username?: string | undefined
  /** The endpoint is our own server, which has no users: credentials in the environment are for another one. */
  readonly isLocal?: boolean
  /** Whether spans are sent at once, and not when a batch is worth it. */
  readonly isQuick?: boolean
}

/** The environment of a registered application. What the user has set stays, but for what the command line itself says. */
export function childEnvironment(options: ChildOptions): NodeJS.ProcessEnv {
  const { env, cwd, command, endpoint, username, isLocal = false, isQuick = false } = options
  const isRegistered = loadsRegister(env['NODE_OPTIONS'], ...command)
  const service = hasServiceName(env) ? undefined : packageNameAbove(cwd)
  return {
    ...(service !== undefined && { OTEL_SERVICE_NAME: service }),
    ...(isQuick && { [`${PREFIX}BATCH_MAX_DELAY`]: String(BATCH_DELAY_MS) }),
    ...withoutEmpty(env),
    ...exportersOf(env),
    ...(endpoint !== undefined && { [`${PREFIX}ENDPOINT`]: endpoint }),
    ...(username !== undefined && { [`${PREFIX}USERNAME`]: username }),
    ...(isLocal && { [`${PREFIX}USERNAME`]: '', [`${PREFIX}PASSWORD`]: '' }),
    ...(!isRegistered && { NODE_OPTIONS: withRegister(env['NODE_OPTIONS'], preloadFile()) }),
    ...pathWithBinaries(env, cwd),
  }
}

/** Every signal goes to ClickHouse, unless the application says where its own go. */
function exportersOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const unset = EXPORTERS.filter((name) => !env[name]?.trim())
  return Object.fromEntries(unset.map((name) => [name, 'clickhouse']))
}

function hasServiceName(env: NodeJS.ProcessEnv): boolean {
  const attributes = env['OTEL_RESOURCE_ATTRIBUTES'] ?? ''
  return Boolean(env['OTEL_SERVICE_NAME']) || /(^|,)\s*service\.name\s*=/.test(attributes)
}

/** An empty variable of OpenTelemetry counts as unset, so it must not hide a default. */
function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name, text]) => !/^OTEL_/.test(name) || text !== '')
  return Object.fromEntries(kept)
}

/** The commands of the project's packages, such as tsx and next, as in the scripts of a package.json. They come last. */
function pathWithBinaries(env: NodeJS.ProcessEnv, cwd: string): NodeJS.ProcessEnv {
  const name = Object.keys(env).find((one) => one.toUpperCase() === 'PATH') ?? 'PATH'
  const folders = [...foldersAbove(cwd)].map((folder) => join(folder, 'node_modules/.bin'))
  return { [name]: [env[name], ...folders].filter(Boolean).join(delimiter) }
}

function* foldersAbove(folder: string): Generator<string> {
  yield folder
  const parent = dirname(folder)
  if (parent !== folder) yield* foldersAbove(parent)
}

/** What keeps the spans of the application from the ClickHouse that we look at, as a sentence. */
export function warningAbout(env: NodeJS.ProcessEnv): string | undefined {
  const exporter = env['OTEL_TRACES_EXPORTER'] ?? ''
  const names = exporter.split(',').map((name) => name.trim().toLowerCase())
  if (exporter.trim() !== '' && !names.includes('clickhouse'))
    return 'OTEL_TRACES_EXPORTER is set and does not name clickhouse, so no traces go there: unset it, or add clickhouse.'
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true')
    return 'OTEL_SDK_DISABLED is set, so the application sends no traces: unset it.'
  return undefined
}
