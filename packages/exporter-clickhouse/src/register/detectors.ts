import { type Found, find, findBeside, load } from './application.js'
import { say, whyOf } from './say.js'
import { AUTO } from './sdk-version.js'

/** The package and the export of each resource detector. Those of clouds send requests, so they are used only if they are named. */
const DETECTORS: Readonly<Record<string, readonly [short: string, pattern: RegExp]>> = {
  env: ['resources', /^envDetector$/],
  host: ['resources', /^hostDetector$/],
  os: ['resources', /^osDetector$/],
  process: ['resources', /^processDetector$/],
  serviceinstance: ['resources', /^serviceInstanceIdDetector$/],
  container: ['resource-detector-container', /^containerDetector$/],
  alibaba: ['resource-detector-alibaba-cloud', /^alibaba\w+Detector$/],
  aws: ['resource-detector-aws', /^aws\w+Detector$/],
  azure: ['resource-detector-azure', /^azure\w+Detector$/],
  gcp: ['resource-detector-gcp', /^gcpDetector$/],
}
const BY_DEFAULT = ['env', 'process', 'host', 'container']

/** The detectors that OTEL_NODE_RESOURCE_DETECTORS names; if it is not set, four that send no requests. */
export function resourceDetectors(sdk: Found, env: NodeJS.ProcessEnv): unknown[] {
  const named = env['OTEL_NODE_RESOURCE_DETECTORS']?.split(',').map((name) => name.trim())
  const asked = named?.filter((name) => name !== '') ?? []
  if (asked.includes('none')) return []
  const names = asked.includes('all') ? Object.keys(DETECTORS) : asked
  if (names.length === 0) return BY_DEFAULT.flatMap((name) => detectorsOf(name, sdk) ?? [])
  return names.flatMap((name) => {
    const detectors = detectorsOf(name, sdk)
    if (!detectors && !asked.includes('all'))
      say(
        'DETECTOR',
        `finds no resource detector "${name}", which OTEL_NODE_RESOURCE_DETECTORS names. Known names: ${Object.keys(DETECTORS).join(', ')}, all and none; the detectors of containers and clouds need ${AUTO}.`,
      )
    return detectors ?? []
  })
}

function detectorsOf(name: string, sdk: Found): unknown[] | undefined {
  if (!Object.hasOwn(DETECTORS, name)) return undefined
  const [short = '', pattern = /^$/] = DETECTORS[name] ?? []
  const full = `@opentelemetry/${short}`
  const auto = find(AUTO)
  const found = short === 'resources' ? findBeside(sdk, full) : find(full, auto ? [auto] : [])
  if (!found) return undefined
  try {
    const exported = Object.entries(load<Record<string, unknown>>(found))
    return exported.filter(([key]) => pattern.test(key)).map(([, detector]) => detector)
  } catch (error) {
    say('DETECTOR', `goes on without ${full}: ${whyOf(error)}`)
    return []
  }
}
