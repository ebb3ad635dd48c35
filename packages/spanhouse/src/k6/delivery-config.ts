import type { Table } from '@spanhouse/transform'
import { type Config, ConfigError, type DestinationConfig, oneLine, parseConfig } from '#exporter'
import { CommandError } from '../terminal/command-error.js'
import type { Row } from './record.js'
import type { Settings } from './settings.js'
import { DEFAULT_PREFIX, k6Samples, k6Thresholds } from './tables.js'

/** How long the rows that are left may take at the end. */
const DRAIN_MS = 30_000
const PREFIX = 'OTEL_EXPORTER_CLICKHOUSE_'
// Variables that say which traces, logs and metrics are sent, and where.
const OF_SIGNALS =
  /(^|(?<!DEAD_LETTER|DISTRIBUTED)_)(SIGNALS|SCHEMA|TABLE|PROMOTE|KEEP_PROMOTED|FILTER|SAMPLE|REDACT|ORIGIN|SKIP_IF_ORIGIN|TEMPORALITY)(_|$)|(^|_)(TRACES|LOGS|METRICS|RETENTION|LIMITS|REDACT|SAMPLE)_/
// Further hosts of the exporter's endpoint: not used if `url` replaces that endpoint.
const HOSTS = /^(ENDPOINTS|ENDPOINT_ORDER)(_FILE)?$/
/** The name that the exporter gives to the destination of an endpoint that is set in code. */
const NAMED = 'primary'

/** The exporter's configuration for the rows of k6. Throws a CommandError. */
export function deliveryConfig(settings: Settings, env: NodeJS.ProcessEnv): Config<Row> {
  const { url, username, password, database, pushIntervalMs, manageSchema } = settings
  const options = {
    ...(url !== undefined && { endpoint: url }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(database !== undefined && { database }),
    ...(manageSchema !== undefined && { manageSchema }),
    ...(pushIntervalMs !== undefined && { batch: { maxDelayMs: pushIntervalMs } }),
    schema: k6Samples as Table<never>,
  }
  try {
    const config = parseConfig('metrics', options, ownVariables(env, url !== undefined))
    return {
      ...config,
      // A ClickHouse that is named here is the only one.
      destinations: config.destinations
        .filter(({ name }) => url === undefined || name === NAMED)
        .map((one) => destinationOf(one as never, settings)),
      flushOnSignal: false,
      shutdownTimeoutMs: DRAIN_MS,
      warnings: false, // the log says it
      onDrop: undefined,
      limits: {},
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new CommandError(
      `The configuration for ClickHouse cannot be used: ${error.problems.map(oneLine).join('; ')}.`,
      2,
    )
  }
}

function ownVariables(env: NodeJS.ProcessEnv, isNamed: boolean): NodeJS.ProcessEnv {
  const concerns = (name: string) => !OF_SIGNALS.test(name) && !(isNamed && HOSTS.test(name))
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !name.startsWith(PREFIX) || concerns(name.slice(PREFIX.length)),
    ),
  )
}

/** Rules of routing are about spans, logs and metrics, and retention by service needs a service: neither applies to k6. */
function destinationOf(
  destination: DestinationConfig<Row>,
  { table = DEFAULT_PREFIX }: Settings,
): DestinationConfig<Row> {
  const { stopped: _, ...others } = destination
  const { database, creation } = destination.targets[0]
  const { retention: __, ...plain } = creation
  const target = (schema: Table<never>, name: string) => ({
    ...{ database, table: `${table}_${name}`, creation: plain },
    schema: schema as unknown as Table<Row>,
  })
  return {
    ...others,
    // Its own queue and folder in a spool: an application may have a destination of the same name.
    name: destination.name === NAMED ? 'k6' : `k6-${destination.name}`,
    targets: [target(k6Samples, 'samples'), target(k6Thresholds, 'thresholds')],
    targetOf: (row) => ('verdict' in row ? 1 : 0),
    route: undefined,
  }
}
