import { say } from './say.js'

interface Samplers {
  readonly AlwaysOnSampler: new () => object
  readonly AlwaysOffSampler: new () => object
  readonly TraceIdRatioBasedSampler: new (ratio: number) => object
  readonly ParentBasedSampler: new (options: { root: object }) => object
}

const ROOTS: Readonly<Record<string, (samplers: Samplers, ratio: number) => object>> = {
  always_on: ({ AlwaysOnSampler }) => new AlwaysOnSampler(),
  always_off: ({ AlwaysOffSampler }) => new AlwaysOffSampler(),
  traceidratio: ({ TraceIdRatioBasedSampler }, ratio) => new TraceIdRatioBasedSampler(ratio),
}
const PARENT_BASED = 'parentbased_'

/** The sampler that OTEL_TRACES_SAMPLER names, for a plain tracer provider: that of SDK 3 does not read the variable itself. */
export function samplerOf(module: object, env: NodeJS.ProcessEnv): object | undefined {
  const name = env['OTEL_TRACES_SAMPLER']?.trim()
  if (!name) return undefined
  const isParentBased = name.startsWith(PARENT_BASED)
  const root = isParentBased ? name.slice(PARENT_BASED.length) : name
  if (!Object.hasOwn(ROOTS, root)) {
    say('SAMPLER', `does not know OTEL_TRACES_SAMPLER=${name}, so it keeps every trace.`)
    return undefined
  }
  const ratio = Number(env['OTEL_TRACES_SAMPLER_ARG']?.trim() || 1)
  const samplers = module as Samplers
  const sampler = ROOTS[root]?.(samplers, ratio >= 0 && ratio <= 1 ? ratio : 1)
  return sampler && isParentBased ? new samplers.ParentBasedSampler({ root: sampler }) : sampler
}
