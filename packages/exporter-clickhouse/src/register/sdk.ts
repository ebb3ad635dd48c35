import { manifestAbove } from '../common/application-modules.js'
import { type Found, find } from './application.js'
import { AUTO } from './sdk-version.js'

/** An installed SDK: a whole one (NodeSDK), or only a package with a tracer provider. */
export interface Sdk extends Found {
  readonly isWhole: boolean
  readonly version: string
}

const WHOLE = '@opentelemetry/sdk-node'
// Packages with a tracer provider, the most complete first. The last is that of SDK 3.
const PLAIN = ['sdk-trace-node', 'sdk-trace-base', 'sdk-trace'].map(
  (one) => `@opentelemetry/${one}`,
)

export function findSdk(): Sdk | undefined {
  const auto = find(AUTO)
  const whole = find(WHOLE, auto ? [auto] : [])
  if (whole)
    return { ...whole, isWhole: true, version: manifestAbove(whole.path, WHOLE)?.version ?? '' }
  for (const name of PLAIN) {
    const plain = find(name)
    if (plain)
      return { ...plain, isWhole: false, version: manifestAbove(plain.path, name)?.version ?? '' }
  }
  return undefined
}
