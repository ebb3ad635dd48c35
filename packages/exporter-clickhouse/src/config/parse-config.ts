import { ConfigError } from '../common/errors.js'
import { bare } from './bare.js'
import type { Config } from './config.js'
import { conflicts, listProblems } from './consistency.js'
import { completeDestination, completeOptions } from './defaults.js'
import { destinationsOf, merge } from './merge.js'
import type { Options } from './options.js'
import { resolveDestination } from './resolve.js'
import { fromCode } from './sources/code.js'
import { fromEnvironment } from './sources/environment.js'

/**
 * Turns options and environment into what the rest of the code reads. Code overrides the environment, which overrides the defaults.
 * Throws a ConfigError that lists every problem.
 */
export function parseConfig(given: Options = {}, env: NodeJS.ProcessEnv = process.env): Config {
  const code = fromCode(given)
  const problems = listProblems(code.options)
  if (code.problems.length > 0) throw new ConfigError([...code.problems, ...problems])
  const environment = fromEnvironment(env, code.options)

  const merged = merge(environment.options, code.options)
  const destinations = destinationsOf(merged).map(completeDestination)
  problems.push(...conflicts(merged, destinations))
  if (problems.length > 0) throw new ConfigError(problems)

  const { limits, ...options } = completeOptions(merged)
  const { rowBytes, ...spanLimits } = limits
  return {
    destinations: destinations.map(resolveDestination),
    acknowledge: options.acknowledge,
    flushTimeoutMs: options.flushTimeoutMs,
    shutdownTimeoutMs: options.shutdownTimeoutMs,
    flushOnSignal: options.flushOnSignal,
    summary: '',
    doubts: environment.doubts,
    warnings: environment.warnings,
    limits: bare(spanLimits),
    maxRowBytes: rowBytes,
    onDrop: options.onDrop,
    meterProvider: options.meterProvider,
  }
}
