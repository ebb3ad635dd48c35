import { createRequire } from 'node:module'
import { applicationFolders } from '../common/application-modules.js'
import { type Api, apiOf, isContextRegistered, registeredProvider, startLogging } from './api.js'
import { hookImports } from './import-hook.js'
import { loadInstrumentations } from './instrumentations.js'
import { isFirst, isThreadOfHooks } from './once.js'
import { OWN_FILE } from './own-file.js'
import { say, tell, useDiag, whyOf } from './say.js'
import { findSdk, type Sdk } from './sdk.js'
import { AUTO, installCommand, isTooOld } from './sdk-version.js'
import { otherSignals, type Wish } from './signals.js'
import { startNodeSdk } from './start-node-sdk.js'
import { startPlainProvider } from './start-plain-provider.js'

const FLUSH_ON_SIGNAL = 'OTEL_EXPORTER_CLICKHOUSE_FLUSH_ON_SIGNAL'

/**
 * Starts traces, and logs and metrics if they are wanted, for an application that has no code for it. If something is missing or fails, one line says so; the application starts
 * in any case.
 */
export function register(): void {
  if (isThreadOfHooks()) return
  try {
    if (isFirst()) start(process.env)
    else
      say(
        'TWICE',
        'has been loaded twice; the second load does nothing. Keep one --import or --require of it (NODE_OPTIONS counts too).',
      )
  } catch (error) {
    const { node } = process.versions
    const why =
      Number.parseInt(node, 10) < 20
        ? `Node.js ${node} is too old. Use 20.19 or later, 22.12 or later, or a newer version.`
        : whyOf(error)
    say('FAILED', `could not start, so this process sends no traces: ${why}`)
  }
}

function start(env: NodeJS.ProcessEnv): void {
  const sdk = findSdk()
  const api = apiOf(sdk)
  const hasLogger = api !== undefined && startLogging(api, env['OTEL_LOG_LEVEL'])
  useDiag(api?.diag)
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') {
    tell('does nothing, because OTEL_SDK_DISABLED is set', 'info')
    return
  }
  if (env['OTEL_CONFIG_FILE'])
    say(
      'CONFIG_FILE',
      'does not read OTEL_CONFIG_FILE, because such a file cannot name ClickHouse. Unset it, and use OTEL_TRACES_EXPORTER and OTEL_EXPORTER_CLICKHOUSE_* instead.',
    )
  if (hasOtherSdk(env)) return
  if (sdk && api && !isTooOld(sdk)) startWith(sdk, api, env, hasLogger)
  else sayWhatToInstall(sdk)
}

/** True if another SDK already takes the traces. Warns of any other SDK. */
function hasOtherSdk(env: NodeJS.ProcessEnv): boolean {
  const provider = registeredProvider()
  if (provider !== undefined)
    say(
      'OTHER_SDK',
      `leaves all traces to the OpenTelemetry SDK that was started before it (${provider}), and starts nothing. Remove the --import or --require that starts the other SDK; this register replaces it.`,
    )
  else if (isContextRegistered() || isTheirsAskedFor(env))
    say(
      'SECOND_SDK',
      'finds a second OpenTelemetry SDK in this process: spans may be duplicated, and SIGTERM may no longer end the process. Remove the --import or --require that starts the second SDK; this register replaces it.',
    )
  return provider !== undefined
}

/** Whether the auto-instrumentations' own register is loaded in this process too. */
function isTheirsAskedFor(env: NodeJS.ProcessEnv): boolean {
  const options = [...process.execArgv, env['NODE_OPTIONS']].join(' ')
  return options.includes(`${AUTO}/register`)
}

function sayWhatToInstall(sdk: Sdk | undefined): void {
  const lacks = (name: string) => `no ${name} is installed`
  const what = !sdk
    ? lacks('OpenTelemetry SDK')
    : isTooOld(sdk)
      ? `${sdk.name} ${sdk.version} is too old`
      : lacks('@opentelemetry/api')
  const folders = applicationFolders().join(' or ')
  say(
    'NO_SDK',
    `sends no traces, because ${what} (looked in ${folders}). To install one: ${installCommand()}`,
  )
}

function startWith(sdk: Sdk, api: Api, env: NodeJS.ProcessEnv, hasLogger: boolean): void {
  const { metrics, logs } = otherSignals(env)
  // A plain provider has sent only traces so far, so nothing follows them there.
  const isOn = (wish: Wish) => wish === 'asked' || (wish === 'follows' && sdk.isWhole)
  const loaded = loadInstrumentations(env, isOn(metrics))
  hookImports(loaded)
  const make = fromEnvironment(env)
  const whenOn = (wish: Wish, list: () => object[]): object[] | undefined =>
    isOn(wish) ? list() : wish === 'none' ? undefined : []
  const ways = {
    spanProcessors: make.spanProcessors(),
    logRecordProcessors: whenOn(logs, make.logRecordProcessors),
    metricReaders: whenOn(metrics, make.metricReaders),
  }
  // NodeSDK sets the same logger itself, and warns if there is one.
  if (hasLogger && sdk.isWhole) api.diag.disable()
  const instrumentations = loaded.map(({ instrumentation }) => instrumentation)
  const startSdk = sdk.isWhole ? startNodeSdk : startPlainProvider
  startSdk({ sdk, api, env, ...ways, instrumentations })
  if (registeredProvider() === undefined)
    say(
      'REFUSED',
      'was refused by @opentelemetry/api, so this process sends no traces. Two versions of it may be installed: npm ls @opentelemetry/api',
    )
  const names = loaded.map(({ short }) => short)
  const signals = ['traces', ...(isOn(logs) ? ['logs'] : []), ...(isOn(metrics) ? ['metrics'] : [])]
  tell(
    `has started ${sdk.name} ${sdk.version} for ${signals.join(', ')}, instrumentations: ${names.join(', ') || 'none'}`,
  )
}

/** Loaded only now, because it is not needed if there is nothing to start. */
function fromEnvironment(env: NodeJS.ProcessEnv) {
  const index = createRequire(OWN_FILE)('./index.js') as typeof import('../backends/from-env.js') &
    typeof import('../backends/metric-readers.js')
  // A signal ends a server, and nothing else would flush then.
  const own = { ...env, [FLUSH_ON_SIGNAL]: env[FLUSH_ON_SIGNAL] || 'true' }
  return {
    spanProcessors: () => index.spanProcessorsFromEnv(own),
    logRecordProcessors: () => index.logRecordProcessorsFromEnv(own),
    metricReaders: () => index.metricReadersFromEnv(own),
  }
}
