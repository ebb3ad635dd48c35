import { choiceOfEnvironment } from '#exporter'
import { type Check, type Found, ok, problem, warning } from '../check.js'
import type { Surroundings } from '../facts.js'

/** If one of these is set, the application wants ClickHouse. */
const OURS = ['ENDPOINT', 'DESTINATIONS', 'CONFIG_FILE'].map(
  (name) => `OTEL_EXPORTER_CLICKHOUSE_${name}`,
)
const NAME = 'OTEL_TRACES_EXPORTER'

/** Where `register` sends traces. */
export const tracesExporter: Check<Surroundings> = {
  id: 'traces-exporter',
  title: 'traces go to',
  run({ env }) {
    const { names, problems, decidedBy } = choiceOfEnvironment(env[NAME])
    const doubts = problems.map((text) => warning(text))
    const where = names.join(' and ') || 'nowhere'
    if (names.includes('clickhouse')) return [...doubts, ok(`${where} (${decidedBy})`)]
    const set = OURS.find((name) => env[name])
    if (!env[NAME]?.trim() && set === undefined)
      return [
        ok(
          `ClickHouse with \`spanhouse dev\` and \`run\`; ${where} with \`register\` alone, because ${decidedBy}`,
        ),
      ]
    const text = `${where} (${decidedBy})${set === undefined ? '' : `, although ${set} is set`}`
    return [
      ...doubts,
      warning(text, `Set ${NAME}=clickhouse, unless the exporter is made in code.`),
    ]
  },
}

export const sdkDisabled: Check<Surroundings> = {
  id: 'sdk-disabled',
  title: 'SDK switch',
  run: ({ env }) =>
    env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true'
      ? [problem('OTEL_SDK_DISABLED is true, so nothing is traced', 'Unset OTEL_SDK_DISABLED.')]
      : [ok('OTEL_SDK_DISABLED is not set')],
}

const SMALL_RATIO = 0.01

export const sampler: Check<Surroundings> = {
  id: 'sampler',
  title: 'sampler',
  run: ({ env }) => [samplerIn(env)],
}

function samplerIn(env: NodeJS.ProcessEnv): Found {
  const name = env['OTEL_TRACES_SAMPLER']?.trim().toLowerCase()
  if (!name) return ok('every trace is recorded, unless code sets a sampler')
  if (/^(parentbased_)?always_off$/.test(name))
    return problem(
      name === 'always_off'
        ? 'OTEL_TRACES_SAMPLER is always_off, so no span is recorded'
        : 'OTEL_TRACES_SAMPLER is parentbased_always_off: only traces that a caller has begun are recorded',
      'Unset OTEL_TRACES_SAMPLER, or set it to parentbased_always_on.',
    )
  if (/^(parentbased_)?always_on$/.test(name)) return ok(name)
  if (!/^(parentbased_)?traceidratio$/.test(name))
    return warning(
      'OTEL_TRACES_SAMPLER names a sampler that the SDK does not know, so it records every trace',
      'Use always_on, always_off, traceidratio, or one of them with parentbased_ before it.',
    )
  const text = env['OTEL_TRACES_SAMPLER_ARG']?.trim() ?? ''
  const ratio = Number(text)
  if (text === '' || !(ratio >= 0 && ratio <= 1))
    return warning(
      'OTEL_TRACES_SAMPLER_ARG is not a number from 0 to 1, so every trace is recorded',
      'Set OTEL_TRACES_SAMPLER_ARG to the share of traces to record, such as 0.1.',
    )
  if (ratio < SMALL_RATIO)
    return warning(
      `only ${ratio * 100} % of the traces are recorded (OTEL_TRACES_SAMPLER_ARG)`,
      'Raise OTEL_TRACES_SAMPLER_ARG to see a single request; 1 records every trace.',
    )
  return ok(`${ratio * 100} % of the traces are recorded`)
}
