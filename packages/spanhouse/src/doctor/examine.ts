import type { Finding } from './check.js'
import { APPLICATION, DESTINATION, WITHOUT_TRACES } from './checks.js'
import { type Facts, factsOf, type Surroundings } from './facts.js'
import { hides, plain } from './plain.js'
import { runChecks, type Watch } from './run-checks.js'

export interface Section {
  /** Undefined: the application. */
  readonly destination: string | undefined
  /** What stands above its findings. */
  readonly heading: string
  readonly findings: readonly Finding[]
}

/** Runs all checks. No text in the result contains a secret of the configuration, or a control character. */
export async function examine(surroundings: Surroundings, watch: Watch): Promise<Section[]> {
  const { configs, destinations, cwd } = surroundings
  const clean = cleaner(surroundings)
  const sections: Section[] = [
    {
      destination: undefined,
      heading: `application in ${plain(cwd)}`,
      findings: (await runChecks(APPLICATION, () => surroundings, watch)).map(clean),
    },
  ]
  for (const destination of destinations) {
    const config = configs.get(destination.signal)
    if (!config) continue
    const checks = destination.signal === 'traces' ? DESTINATION : WITHOUT_TRACES
    let facts: Facts | undefined
    try {
      const findings = await runChecks(
        checks,
        (passed) => {
          facts = factsOf(surroundings, config, destination, passed)
          return facts
        },
        watch,
      )
      const { name, endpoint } = destination
      sections.push({
        destination: name,
        heading: plain(
          `destination ${name}: ${endpoint.href.replace(/\/$/, '')}, table ${facts?.table.name}`,
        ),
        findings: findings.map(clean),
      })
    } finally {
      facts?.server.close()
    }
  }
  return sections
}

/** Servers, files and errors may repeat what we sent them. */
function cleaner({ destinations }: Surroundings): (finding: Finding) => Finding {
  const secrets = destinations.flatMap(({ username, password, headers, tls }) => [
    password,
    encodeURIComponent(password),
    Buffer.from(`${username}:${password}`).toString('base64'),
    ...Object.values(headers),
    tls.key ?? '',
  ])
  const hide = hides(secrets)
  const clean = (text: string) => hide(plain(text))
  return ({ fix, ...finding }) => ({
    ...finding,
    text: clean(finding.text),
    ...(fix !== undefined && { fix: clean(fix) }),
  })
}
