import { bare, defined } from './bare.js'
import { parseEndpoint } from './endpoint.js'
import type { Type } from './option.js'
import { OPTIONS } from './option-table.js'
import type { DestinationOptions, NamedDestinationOptions, Options } from './options.js'

/** Merges two layers of options: `over` wins, except where it is undefined. */
export function merge<Base extends DestinationOptions, Over extends DestinationOptions>(
  base: Base,
  over: Over,
): Base & Over {
  const merged = bare(base)
  const { username, password } = parseEndpoint(over.endpoint)
  // Credentials in an endpoint are for that server; those of the layer below may be for another.
  if (username !== undefined || password !== undefined) {
    delete merged['username']
    delete merged['password']
  }
  for (const [name, value] of Object.entries(defined(over)))
    merged[name] = mergesByField(OPTIONS.fields[name]?.type)
      ? bare(merged[name] as object, defined(value))
      : value
  return merged as Base & Over
}

function mergesByField(type: Type | undefined): boolean {
  // Fields of different forms must not be mixed.
  return type?.kind === 'map' || (type?.kind === 'group' && type.forms === undefined)
}

/** The options of each destination. Those outside the list are the defaults for all of them. */
export function destinationsOf(options: Options): readonly NamedDestinationOptions[] {
  const { destinations: list, ...flat } = options
  // Without the endpoint: a second destination on the same server would only store every row twice.
  const { endpoint: _, ...shared } = flat
  const named = (list ?? []).map((one) => merge(shared, one))
  return list === undefined || options.endpoint !== undefined
    ? [merge<DestinationOptions, NamedDestinationOptions>(flat, { name: 'primary' }), ...named]
    : named
}
