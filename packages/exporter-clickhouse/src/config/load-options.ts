import { fileURLToPath } from 'node:url'
import { ConfigError } from '../common/errors.js'
import type { DestinationOptions, Options } from './options.js'
import { fromFile } from './sources/file.js'

/**
 * Reads options for the constructors from a JSON or YAML file (`.yaml`, `.yml`). They have the same names and shape as in code; also,
 * numbers may be texts with a unit (`5s`, `64MiB`), and texts may contain `${NAME}` and `${NAME:-default}` of `env`. A `table` beside the
 * groups is that of the spans, so it comes as `traces.table`. Throws a ConfigError that lists every problem with its line.
 */
export function loadOptions(
  path: string | URL,
  env: NodeJS.ProcessEnv = process.env,
): Options<never> {
  const { options, problems } = fromFile(path instanceof URL ? fileURLToPath(path) : path, env)
  if (problems.length > 0) throw new ConfigError(problems)
  const { destinations, ...shared } = options as Options<never>
  return {
    ...withTableOfSpans(shared),
    ...(destinations && { destinations: destinations.map(withTableOfSpans) }),
  }
}

function withTableOfSpans<Given extends DestinationOptions<never>>(given: Given): Given {
  const { table, ...others } = given
  return table === undefined ? given : ({ ...others, traces: { table, ...given.traces } } as Given)
}
