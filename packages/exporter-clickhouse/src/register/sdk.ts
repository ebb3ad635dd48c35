import { manifestAbove } from '../common/application-modules.js'
import { type Found, find } from './application.js'

/** An installed SDK: a whole one (NodeSDK), or only a package with a tracer provider. */
export interface Sdk extends Found {
  readonly isWhole: boolean
  readonly version: string
}

export const AUTO = '@opentelemetry/auto-instrumentations-node'
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

/** True for SDK 1: 1.x of the packages with stable versions, before 0.200 of the others. */
export function isTooOld({ version }: Pick<Sdk, 'version'>): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return version !== '' && (major === 1 || (major === 0 && minor < 200))
}

/** Installs a whole SDK that runs on this Node: SDK 3 needs 22.15. */
export function installCommand(node: string = process.versions.node): string {
  const [major = 0, minor = 0] = node.split('.').map(Number)
  const takesNewest = major > 22 || (major === 22 && minor >= 15)
  return `npm install ${AUTO}${takesNewest ? '' : '@0.81'}`
}
