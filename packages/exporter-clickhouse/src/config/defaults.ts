import type { Limits as SpanLimits, Table } from '@spanhouse/transform'
import type { DestinationConfig, Signal, Temporality, TlsConfig } from './config.js'
import { bareTree, DEFAULT, Given, type Tree, valuesOf } from './given.js'
import type { Group, Option } from './option.js'
import type { NamedDestinationOptions, Options } from './options.js'
import type { MetricsOptions } from './signal-options.js'
import { DESTINATION_VIEW, OPTIONS_VIEW } from './signal-view.js'

type Complete<T> = { [Name in keyof T]-?: Exclude<T[Name], undefined> }
type Destination = Complete<NamedDestinationOptions>
type WithoutDefault =
  | 'endpoints'
  | 'endpointOrder'
  | 'database'
  | 'table'
  | 'promote'
  | 'ttl'
  | 'retention'
  | 'cluster'
  | 'engine'
  | 'distributed'
  | 'spool'
  | 'deadLetter'
  | 'agent'
  | 'signals'
  | 'filter'
  | 'sample'
  | 'redact'
  | 'dispatch'
  | 'origin'
  | 'skipIfOrigin'

/** A destination's options as one signal sees them, with every default of the table. */
export type CompleteDestination = Pick<NamedDestinationOptions, WithoutDefault> &
  Omit<Destination, WithoutDefault | Signal | 'schema'> & {
    schema: 'flat' | 'otel' | 'otel_json' | Table<never>
    tables: NonNullable<MetricsOptions['tables']>
    ttls?: MetricsOptions['ttls']
    batch: DestinationConfig['batch']
    compression: Complete<Omit<Destination['compression'], 'level'>>
    retry: Complete<Destination['retry']>
    queue: DestinationConfig['queue']
    spool?: Complete<Destination['spool']> // `conflicts` reports a missing directory
    deadLetter?: { directory: string; maxBytes: number } | { table: string }
    distributed?: {
      table: string
      shardingKey?: string
      insertInto: 'distributed' | 'local'
    }
    tls: TlsConfig
  }

/** Options of the exporter as a whole, with every default of the table. */
export type CompleteOptions = Options &
  Complete<
    Pick<Options, 'acknowledge' | 'flushTimeoutMs' | 'shutdownTimeoutMs' | 'flushOnSignal'>
  > & {
    temporality: Temporality
    limits: SpanLimits & { rowBytes: number }
  }

export function completeOptions(tree: Tree): CompleteOptions {
  return valuesOf(withDefaults(tree, OPTIONS_VIEW)) as unknown as CompleteOptions
}

export function completeDestination(name: string, tree: Tree): CompleteDestination {
  const complete = valuesOf(withDefaults(tree, DESTINATION_VIEW))
  return { ...complete, name } as unknown as CompleteDestination
}

/**
 * Fills in the defaults. Puts the options in the order of the table, because destinations whose limits are equal, as JSON, share
 * their batches.
 */
export function withDefaults(given: Tree, { fields }: Group): Tree {
  const complete = bareTree()
  for (const [name, option] of Object.entries(fields)) {
    const node = completeNode(given[name], option)
    if (node !== undefined) complete[name] = node
  }
  return complete
}

function completeNode(node: Given | Tree | undefined, option: Option): Given | Tree | undefined {
  const { type } = option
  if (type.kind === 'group')
    return node === undefined && type.isOffByDefault
      ? undefined
      : withDefaults(node instanceof Given || node === undefined ? {} : node, type)
  if (node !== undefined || !Object.hasOwn(option, 'default')) return node
  return type.kind === 'map' ? bareTree() : new Given(option.default, DEFAULT)
}
