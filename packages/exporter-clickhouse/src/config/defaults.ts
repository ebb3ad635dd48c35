import type { Limits as SpanLimits } from '@spanhouse/transform'
import { bare, defined } from './bare.js'
import type { DestinationConfig, TlsConfig } from './config.js'
import { parseEndpoint } from './endpoint.js'
import type { Group, Option } from './option.js'
import { NAMED_DESTINATION, OPTIONS } from './option-table.js'
import type { NamedDestinationOptions, Options } from './options.js'

type Given<T> = { [Name in keyof T]-?: Exclude<T[Name], undefined> }
type Destination = Given<NamedDestinationOptions>
type WithoutDefault = 'database' | 'table' | 'ttl' | 'spool' | 'deadLetter' | 'agent'

/** A destination's options with every default of the table. */
export type CompleteDestination = Pick<NamedDestinationOptions, WithoutDefault> &
  Omit<Destination, WithoutDefault> & {
    batch: DestinationConfig['batch']
    compression: Given<Omit<Destination['compression'], 'level'>>
    retry: Given<Destination['retry']>
    queue: DestinationConfig['queue']
    spool?: Given<Destination['spool']> // `conflicts` reports a missing directory
    deadLetter?: { directory: string; maxBytes: number } | { table: string }
    tls: TlsConfig
  }

/** Options of the exporter as a whole, with every default of the table. */
export type CompleteOptions = Options &
  Given<Pick<Options, 'acknowledge' | 'flushTimeoutMs' | 'shutdownTimeoutMs' | 'flushOnSignal'>> & {
    limits: SpanLimits & { rowBytes: number }
  }

/** Credentials in the endpoint apply where `username` and `password` are not given. */
export function completeDestination(options: NamedDestinationOptions): CompleteDestination {
  const { username, password } = parseEndpoint(options.endpoint)
  const given = bare(defined({ username, password }), defined(options))
  return withDefaults(given, NAMED_DESTINATION) as unknown as CompleteDestination
}

export function completeOptions(options: Options): CompleteOptions {
  return withDefaults(options, OPTIONS) as unknown as CompleteOptions
}

/**
 * Fills in the defaults. Puts the options in the order of the table, because destinations whose limits are equal, as JSON, share
 * their batches.
 */
export function withDefaults(options: object, { fields }: Group): Record<string, unknown> {
  const given = bare(options)
  const complete = bare()
  for (const [name, option] of Object.entries(fields)) {
    const value = completeValue(given[name], option)
    if (value !== undefined) complete[name] = value
  }
  return complete
}

function completeValue(value: unknown, option: Option): unknown {
  const { type } = option
  if (type.kind === 'group')
    return value === undefined && type.isOffByDefault
      ? undefined
      : withDefaults(Object(value), type)
  return value === undefined && Object.hasOwn(option, 'default') ? option.default : value
}
