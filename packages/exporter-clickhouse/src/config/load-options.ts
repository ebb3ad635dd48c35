import { fileURLToPath } from 'node:url'
import { ConfigError } from '../common/errors.js'
import type { Options } from './options.js'
import { fromFile } from './sources/file.js'

/**
 * Reads options from a file, JSON or YAML (`.yaml`, `.yml`): in the shape of the options of the code, except that numbers may be texts
 * with a unit (`5s`, `64MiB`), and that texts may contain `${NAME}` and `${NAME:-default}`. For `new ClickHouseSpanProcessor()`.
 * Throws a ConfigError that lists every problem with its line.
 */
export function loadOptions(path: string | URL, env: NodeJS.ProcessEnv = process.env): Options {
  const { options, problems } = fromFile(path instanceof URL ? fileURLToPath(path) : path, env)
  if (problems.length > 0) throw new ConfigError(problems)
  return options
}
