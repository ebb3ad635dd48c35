import {
  type Config,
  choiceOfEnvironment,
  configOf,
  type DestinationConfig,
  type ExplainedSetting,
  explain,
  exporterVariable,
  type Gathered,
  gather,
  type Signal,
} from '#exporter'
import { openServer, type Server } from './statement.js'
import { newTableFacts, type TableFacts } from './table-facts.js'

export interface Wishes {
  /** Check this server instead of those that are configured. */
  readonly endpoint: string | undefined
  /** What names that server. */
  readonly endpointFrom: string
  readonly testSpan: boolean
  readonly verbose: boolean
}

/** What checks of the application look at. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly node: string
  readonly wishes: Wishes
  readonly gathered: Gathered
  readonly settings: readonly ExplainedSetting[]
  /**
   * The configuration of each signal that goes to ClickHouse. Traces are always among them, because code may send them; logs and metrics if
   * their variable says so. Empty if the configuration has problems.
   */
  readonly configs: ReadonlyMap<Signal, Config>
  /** Each destination once, of the first signal that it takes. */
  readonly destinations: readonly DestinationConfig[]
}

/** What checks of one destination look at. */
export interface Facts extends Surroundings {
  readonly config: Config
  readonly destination: DestinationConfig
  readonly server: Server
  readonly table: TableFacts
  /** Whether a check that ran before has found no problem. */
  passed(check: string): boolean
}

export function surroundingsOf(
  env: NodeJS.ProcessEnv,
  cwd: string,
  wishes: Wishes,
  node: string = process.versions.node,
): Surroundings {
  const { endpoint } = wishes
  const gathered = onlyWished(gather(endpoint === undefined ? {} : { endpoint }, env), wishes)
  const explained = explain(gathered)
  const settings = explained.settings.map((one) =>
    one.source.startsWith('code')
      ? { ...one, source: one.source.replace('code', wishes.endpointFrom) }
      : one,
  )
  const configs = new Map<Signal, Config>()
  if (gathered.problems.length === 0)
    for (const signal of SIGNALS)
      if (goesToClickHouse(env, signal)) configs.set(signal, configOf(signal, gathered))
  const destinations = new Map<string, DestinationConfig>()
  for (const one of [...configs.values()].flatMap((config) => config.destinations))
    if (!destinations.has(one.name)) destinations.set(one.name, one)
  return {
    ...{ env, cwd, node, wishes, gathered, settings, configs },
    destinations: [...destinations.values()],
  }
}

const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics']

function goesToClickHouse(env: NodeJS.ProcessEnv, signal: Signal): boolean {
  if (signal === 'traces') return true
  return choiceOfEnvironment(env[exporterVariable(signal)], signal).names.includes('clickhouse')
}

/** The endpoint that the user names makes a destination of its own beside those in a list. */
function onlyWished(gathered: Gathered, { endpoint }: Wishes): Gathered {
  if (endpoint === undefined) return gathered
  return {
    ...gathered,
    destinations: gathered.destinations.filter(({ name }) => name === 'primary'),
  }
}

export function factsOf(
  surroundings: Surroundings,
  config: Config,
  destination: DestinationConfig,
  passed: (check: string) => boolean,
): Facts {
  const server = openServer(destination)
  const table = newTableFacts(server, destination.targets[0])
  return { ...surroundings, config, destination, server, table, passed }
}
