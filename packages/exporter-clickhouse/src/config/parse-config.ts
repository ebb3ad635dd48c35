import { ConfigError } from '../common/errors.js'
import { bare } from './bare.js'
import type { Config, DestinationConfig, Records, Signal } from './config.js'
import { completeOptions } from './defaults.js'
import { gather } from './gather.js'
import { type Gathered, type GatheredDestination, takes } from './gathered.js'
import type { Options } from './options.js'
import { resolveDestination } from './resolve.js'
import { summaryOf } from './summary.js'

/**
 * Turns the options of all sources into what the rest of the code reads for one signal: defaults < file < environment < code.
 * Throws a ConfigError that lists every problem of code and file.
 */
export function parseConfig<On extends Signal>(
  signal: On,
  given: Options<Records[On]> = {},
  env: NodeJS.ProcessEnv = process.env,
): Config<Records[On]> {
  const gathered = gather(given, env, signal)
  if (gathered.problems.length > 0) throw new ConfigError(gathered.problems)
  return configOf(signal, gathered)
}

function destinationOf<On extends Signal>(
  { options, unreadable }: GatheredDestination,
  signal: On,
): DestinationConfig<Records[On]> {
  const resolved = resolveDestination(options[signal], signal)
  const variables = unreadable[signal].join(' and ')
  if (variables === '') return resolved
  return { ...resolved, stopped: `${variables} cannot be read, so nothing is sent` }
}

/** As `parseConfig()`, for options without problems. */
export function configOf<On extends Signal>(
  signal: On,
  { options: trees, destinations, doubts, warnings }: Gathered,
): Config<Records[On]> {
  const { limits, ...options } = completeOptions(trees[signal])
  const { rowBytes, ...spanLimits } = limits
  const taking = destinations.filter((one) => takes(one, signal))
  const resolved = taking.map((one) => destinationOf(one, signal))
  const none = `no destination takes ${signal}: the option \`signals\` leaves them out everywhere.`
  return {
    destinations: resolved,
    summary: summaryOf(signal, taking, resolved),
    acknowledge: options.acknowledge,
    flushTimeoutMs: options.flushTimeoutMs,
    shutdownTimeoutMs: options.shutdownTimeoutMs,
    flushOnSignal: options.flushOnSignal,
    temporality: options.temporality,
    doubts: taking.length > 0 ? doubts : [...doubts, none],
    warnings,
    limits: signal === 'metrics' ? bare() : bare(spanLimits), // without an attribute, series could not be told apart
    maxRowBytes: rowBytes,
    onDrop: options.onDrop,
    meterProvider: options.meterProvider,
  }
}
