import type { SpanLike } from '@spanhouse/transform'
import {
  type Config,
  configOf,
  type DestinationConfig,
  type ExplainedSetting,
  explain,
  type Gathered,
  gather,
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
  /** Undefined if the configuration has problems. */
  readonly config: Config | undefined
}

/** What checks of one destination look at. */
export interface Facts extends Surroundings {
  readonly config: Config
  readonly destination: DestinationConfig<SpanLike>
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
  const config = gathered.problems.length === 0 ? configOf('traces', gathered) : undefined
  return { env, cwd, node, wishes, gathered, settings, config }
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
  surroundings: Surroundings & { readonly config: Config },
  destination: DestinationConfig<SpanLike>,
  passed: (check: string) => boolean,
): Facts {
  const server = openServer(destination)
  const table = newTableFacts(server, destination.targets[0])
  return { ...surroundings, destination, server, table, passed }
}
