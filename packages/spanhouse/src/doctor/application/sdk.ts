import { AUTO, isTooOld, TARGETS, wholeSdk } from '#exporter'
import { showsPaths } from '../../terminal/shown-path.js'
import { type Check, type Found, ok, problem, skipped, warning } from '../check.js'
import type { Surroundings } from '../facts.js'
import {
  application,
  copiesOf,
  hasPlugAndPlay,
  type Installed,
  install,
  installed,
} from './packages.js'

const API = '@opentelemetry/api'
const PACKAGES = ['sdk-node', 'sdk-trace-node', 'sdk-trace-base', 'sdk-trace'].map(
  (one) => `@opentelemetry/${one}`,
)

export const manifest: Check<Surroundings> = {
  id: 'application',
  title: 'application',
  run({ cwd }) {
    const found = application(cwd)
    if (found && hasPlugAndPlay(cwd))
      return [skipped("Yarn's Plug'n'Play keeps the packages, so they are not looked at")]
    return [
      found
        ? ok(`package.json in ${showsPaths(cwd)(found.folder)}`)
        : skipped(
            'there is no package.json in this folder or above it',
            "Run doctor in the application's folder.",
          ),
    ]
  },
}

interface FoundSdk extends Installed {
  readonly name: string
}

function sdkOf(cwd: string): FoundSdk | undefined {
  const auto = installed(cwd, AUTO)
  for (const from of [cwd, auto?.folder])
    for (const name of from === undefined ? [] : PACKAGES) {
      const found = installed(from ?? cwd, name)
      if (found) return { ...found, name }
    }
  return undefined
}

export const sdk: Check<Surroundings> = {
  id: 'sdk',
  title: 'OpenTelemetry',
  needs: ['application'],
  run({ cwd, node }) {
    const found = sdkOf(cwd)
    const remedy = install(cwd, wholeSdk(node))
    if (!found)
      return [
        warning('no SDK is installed in this application', `${BRING} Or install one.`, [remedy]),
      ]
    const text = `${found.name} ${found.version}`
    if (isTooOld(found)) return [problem(`${text} is too old`, 'Install SDK 2 or 3.', [remedy])]
    if (needsNewerNode(found, node))
      return [
        problem(
          `${text} is part of SDK 3, which needs Node.js 22.15 or later`,
          'Update Node.js, or install SDK 2.',
          [remedy],
        ),
      ]
    return [ok(text)]
  },
}

const BRING = '`spanhouse run -- node app.js` brings one.'

/** SDK 3 has version 3 of the packages with stable versions. */
function needsNewerNode({ version }: Installed, node: string): boolean {
  const [major = 0, minor = 0] = node.split('.').map(Number)
  const isSdk3 = Number(version.split('.')[0]) >= 3
  return isSdk3 && (major < 22 || (major === 22 && minor < 15))
}

/** Copies of the API share what is registered, but a copy does not see what an older one has registered. */
export const api: Check<Surroundings> = {
  id: 'api',
  title: 'API copies',
  needs: ['application'],
  async run({ cwd }) {
    const copies = await copiesOf(API, cwd)
    if (copies.length === 0) return [skipped(`${API} is not installed in this application`)]
    const found = sdkOf(cwd)
    const ofSdk = found && installed(found.folder, API)
    const findings: Found[] = []
    const newer = ofSdk && copies.filter(({ version }) => isNewer(version, ofSdk.version))
    if (newer && newer.length > 0)
      findings.push(
        problem(
          `the SDK uses ${API} ${ofSdk.version}, which a newer copy (${versionsOf(newer)}) does not accept: its spans are not recorded`,
          `Install one version of ${API} for all, at least ${versionsOf(newer)}. \`npm ls ${API}\` shows who wants which.`,
          [install(cwd, `${API}@${newer.at(-1)?.version ?? ''}`)],
        ),
      )
    else if (copies.length > 1)
      findings.push(
        warning(
          `${copies.length} copies of ${API} are installed (${versionsOf(copies)})`,
          `One is enough: \`npm ls ${API}\` shows who wants which, \`npm dedupe\` often helps.`,
        ),
      )
    const range = found?.peers[API]
    const limit = range && /<\s*(\d+\.\d+(?:\.\d+)?)/.exec(range)?.[1]
    if (limit && ofSdk && !isNewer(limit, ofSdk.version))
      findings.push(
        warning(
          `${API} ${ofSdk.version} is newer than ${found.name} ${found.version} wants (${range})`,
          'Update the SDK.',
          [install(cwd, wholeSdk())],
        ),
      )
    return findings.length > 0 ? findings : [ok(`${API} ${copies[0]?.version}, one copy`)]
  },
}

function versionsOf(copies: readonly Installed[]): string {
  return [...new Set(copies.map(({ version }) => version))].join(', ')
}

function isNewer(version: string, than: string): boolean {
  const [a, b] = [version, than].map((one) => one.split('-')[0]?.split('.').map(Number) ?? [])
  for (const at of [0, 1, 2]) {
    const difference = (a?.[at] ?? 0) - (b?.[at] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return false
}

export const instrumentations: Check<Surroundings> = {
  id: 'instrumentations',
  title: 'libraries',
  needs: ['application'],
  run({ cwd, node }) {
    const own = application(cwd)
    if (!own) return []
    if (installed(cwd, AUTO)) return [ok(`${AUTO} traces the usual libraries`)]
    const lacking = Object.entries(TARGETS).filter(
      ([short, targets]) =>
        targets.some((one) => own.dependencies.includes(one)) &&
        !installed(cwd, `@opentelemetry/instrumentation-${short}`),
    )
    if (lacking.length === 0)
      return [ok('no library of this application lacks its instrumentation')]
    const names = lacking.map(([short]) => short).join(', ')
    return [
      warning(
        `of ${names} there will be no spans: no instrumentation is installed`,
        `${BRING} Or install it.`,
        [install(cwd, wholeSdk(node))],
      ),
    ]
  },
}
