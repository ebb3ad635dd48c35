import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineTable, type SpanLike, type Table } from '@spanhouse/transform'
import { expect } from 'vitest'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { ConfigError } from '../../src/common/errors.js'
import type { Config, DestinationConfig } from '../../src/config/config.js'
import type { Options } from '../../src/config/options.js'
import { parseConfig } from '../../src/config/parse-config.js'

export const NO_ENV = {}

export const MiB = 1024 * 1024

export const P = 'OTEL_EXPORTER_CLICKHOUSE_'

/** An environment with these variables of ours. */
export function env(variables: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [`${P}${name}`, value]),
  )
}

/** An environment that names a file with these options. */
export function envWithFile(options: unknown, variables: Record<string, string> = {}) {
  const file = join(temporaryDirectory(), 'spanhouse.json')
  writeFileSync(file, JSON.stringify(options))
  return env({ CONFIG_FILE: file, ...variables })
}

export function parse(options: unknown, env: Record<string, string> = NO_ENV): Config {
  return parseConfig('traces', options as Options, env)
}

export function only(options: unknown, env: Record<string, string> = NO_ENV): DestinationConfig {
  const { destinations } = parse(options, env)
  expect(destinations).toHaveLength(1)
  return destinations[0] as DestinationConfig
}

export function errorOf(options: unknown, env: Record<string, string> = NO_ENV): ConfigError {
  try {
    parse(options, env)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return error as ConfigError
  }
  throw new Error('taken without complaint')
}

export function table(name: string): Table<SpanLike> {
  return defineTable<SpanLike>({
    name,
    columns: [{ name: 'span_name', type: 'String', value: (span) => span.name }],
    orderBy: 'span_name',
  })
}
