import { ConfigError } from '../common/errors.js'
import { bare } from './bare.js'
import type { Config, Records, Signal } from './config.js'
import { completeOptions } from './defaults.js'
import { type Gathered, gather } from './gather.js'
import type { Options } from './options.js'
import { resolveDestination } from './resolve.js'
import { summaryOf } from './summary.js'

/**
 * Turns the options of all sources into what the rest of the code reads: defaults < file < environment < code.
 * Throws a ConfigError that lists every problem of code and file.
 */
export function parseConfig<On extends Signal>(
  signal: On,
  given: Options = {},
  env: NodeJS.ProcessEnv = process.env,
): Config<Records[On]> {
  const gathered = gather(given, env)
  if (gathered.problems.length > 0) throw new ConfigError(gathered.problems)
  return configOf(signal, gathered)
}

/** As `parseConfig()`, for options without problems. */
export function configOf<On extends Signal>(
  signal: On,
  { options: tree, destinations, doubts, warnings }: Gathered,
): Config<Records[On]> {
  const { limits, ...options } = completeOptions(tree)
  const { rowBytes, ...spanLimits } = limits
  const resolved = destinations.map((one) => resolveDestination(one.options, signal))
  return {
    destinations: resolved,
    summary: summaryOf(destinations, resolved),
    acknowledge: options.acknowledge,
    flushTimeoutMs: options.flushTimeoutMs,
    shutdownTimeoutMs: options.shutdownTimeoutMs,
    flushOnSignal: options.flushOnSignal,
    doubts,
    warnings,
    limits: bare(spanLimits),
    maxRowBytes: rowBytes,
    onDrop: options.onDrop,
    meterProvider: options.meterProvider,
  }
}
