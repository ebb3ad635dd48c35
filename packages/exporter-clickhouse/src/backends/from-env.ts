import { ConfigError } from '../common/errors.js'
import { tracesExporterOf } from '../config/sources/sdk-environment.js'
import { PREFIX } from '../config/variable-names.js'
import { backendOptionsOf } from './backend-options.js'
import { choiceOfEnvironment } from './names.js'
import { open } from './open.js'
import { takePart } from './registry.js'
import type { SpanProcessors } from './span-processors.js'
import { newSwitchable } from './switchable.js'
import { warn } from './warn.js'

/** If one of these is set, the application wants ClickHouse. */
const CLICKHOUSE = ['ENDPOINT', 'DESTINATIONS', 'CONFIG_FILE'].map((name) => PREFIX + name)

/**
 * The span processors that OTEL_TRACES_EXPORTER asks for: a list of `clickhouse`, `otlp`, `console` and `none`; unset means `otlp`.
 * ClickHouse is configured by OTEL_EXPORTER_CLICKHOUSE_*, OTLP by OTEL_EXPORTER_OTLP_* (which the official exporter reads from
 * `process.env`) and OTEL_BSP_*. `switchBackend()` changes the backends later. A backend that cannot be used is left out, with a
 * warning. Throws a ConfigError only if spans go to ClickHouse and its configuration file cannot be used.
 */
export function spanProcessorsFromEnv(
  // Not NodeJS.ProcessEnv: frameworks add members to it that are not optional.
  env: Readonly<Record<string, string | undefined>> = process.env,
): SpanProcessors {
  const { names, problems, decidedBy } = choiceOfEnvironment(tracesExporterOf(env))
  const { warnings } = backendOptionsOf(env)
  for (const problem of problems) warn(problem, warnings)
  const hint = names.includes('clickhouse') ? '' : '. Or set OTEL_TRACES_EXPORTER=clickhouse'
  const onProblem = (problem: string) => warn(`${problem}${hint}.`, warnings)
  const first = open({ names, before: [], env, decidedBy, onProblem })
  const unused = tracesExporterOf(env)?.trim() ? undefined : CLICKHOUSE.find((name) => env[name])
  if (unused && first.length > 0)
    warn(
      `${unused} is set, but OTEL_TRACES_EXPORTER is not, so traces go to otlp. Set OTEL_TRACES_EXPORTER=clickhouse, or otlp if that is meant.`,
      warnings,
    )

  let leave = () => {}
  const switchable = newSwitchable(first, () => leave())
  leave = takePart({
    prepare: (names) =>
      switchable.replace((before) =>
        open({ names, before, env, decidedBy: 'switchBackend()', onProblem: refuse }),
      ),
  })
  const { processor } = switchable
  const dispose = { value: () => processor.shutdown() } // not enumerable: it is a list of processors
  return Object.defineProperty([processor], Symbol.asyncDispose, dispose) as SpanProcessors
}

function refuse(problem: string): never {
  throw new ConfigError([problem])
}
