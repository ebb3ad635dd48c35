import { metrics } from '@opentelemetry/api'
import { withDefaults } from '../defaults.js'
import type { Fields, Type } from '../option.js'
import { ENVIRONMENT_ONLY, OPTIONS } from '../option-table.js'
import type { Options } from '../options.js'

const PREFIX = 'OTEL_EXPORTER_CLICKHOUSE_'

export interface Environment {
  readonly options: Options
  /** Variables that are ignored because they are invalid, as sentences. */
  readonly doubts: readonly string[]
  readonly warnings: boolean
}

/**
 * The options that environment variables give. An invalid variable is ignored, so that it never keeps an application from starting.
 * A variable that `code` overrides is not checked.
 */
export function fromEnvironment(env: NodeJS.ProcessEnv, code: Options): Environment {
  const doubts: string[] = []
  const options: Options = readFields(OPTIONS.fields, env, code, doubts)
  if (env['OTEL_NODE_EXPERIMENTAL_SDK_METRICS']?.toLowerCase() === 'true')
    options.meterProvider = metrics
  const only = readFields(ENVIRONMENT_ONLY.fields, env, {}, doubts)
  const { warnings } = withDefaults(only, ENVIRONMENT_ONLY)
  return { options, doubts, warnings: warnings === true }
}

function readFields(
  fields: Fields,
  env: NodeJS.ProcessEnv,
  overrides: object,
  doubts: string[],
): Record<string, unknown> {
  const given: Record<string, unknown> = {}
  for (const [name, { type, environment }] of Object.entries(fields)) {
    if (environment === undefined) continue
    const variable = `${PREFIX}${environment}`
    const value = env[variable] || undefined // an empty variable counts as unset
    if (value === undefined || Object(overrides)[name] !== undefined) continue
    const problem = problemOf(value, type)
    if (problem === undefined) given[name] = type.kind === 'boolean' ? isTrue(value) : value
    else doubts.push(`${variable} ${problem}. It is ignored, as if it were not set.`)
  }
  return given
}

function problemOf(value: string, type: Type): string | undefined {
  if (type.kind === 'text') return type.problemOf?.(value)
  return /^(true|false)$/i.test(value) ? undefined : "must be 'true' or 'false'"
}

function isTrue(value: string): boolean {
  return value.toLowerCase() === 'true'
}
