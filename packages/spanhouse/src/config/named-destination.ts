import type { DestinationConfig, Signal } from '#exporter'
import type { Schema } from './schemas.js'
import { asUrl, configOf, type Surroundings } from './source.js'

/** Names of destinations contain no dot and no colon, so they differ from `host:port`. */
const NAME = /^[A-Za-z0-9_-]+$/

/**
 * The destination that a word of the command line names: a URL, `host:port`, or the name of a destination in the exporter's configuration,
 * which knows its user and password.
 */
export function namedDestination(
  word: string,
  signal: Signal,
  { values, env }: Pick<Surroundings, 'values' | 'env'>,
  schema?: Schema,
): DestinationConfig {
  const family = schema === undefined ? {} : { schema }
  const configured = NAME.test(word) ? configOf(signal, family, env).destinations : []
  const found = configured.find(({ name }) => name === word)
  if (found) return found
  const { user } = values
  const options = {
    ...family,
    endpoint: asUrl(word, 'The address'),
    ...(typeof user === 'string' && user !== '' && { username: user }),
  }
  const { destinations } = configOf(signal, options, env)
  // The endpoint that is given in code is the one of this name, whatever else the environment lists.
  const given = destinations.find(({ name }) => name === 'primary') ?? destinations[0]
  if (given === undefined) throw new Error(`no destination takes ${signal}`)
  return given
}
