import { count, type Finding } from './check.js'
import { APPLICATION, DESTINATION, HOST, WITHOUT_TRACES } from './checks.js'
import { type Facts, factsOf, type Surroundings } from './facts.js'
import { atHost, differingFrom, furtherHosts, hostFinding } from './hosts.js'
import { hides, plain } from './plain.js'
import { runChecks, type Watch } from './run-checks.js'

export interface Section {
  /** Undefined: the application. */
  readonly destination: string | undefined
  /** Absent for the application, and for the first host of the destination. */
  readonly host?: string
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
    const at = async (endpoint: URL, those: typeof checks) => {
      let facts: Facts | undefined
      const factsAt = (passed: Facts['passed']) => {
        facts = factsOf(surroundings, config, atHost(destination, endpoint), passed)
        return facts
      }
      try {
        return { findings: await runChecks(those, factsAt, watch), table: facts?.table.name }
      } finally {
        facts?.server.close()
      }
    }
    const { name, endpoint } = destination
    const first = await at(endpoint, checks)
    sections.push({
      destination: name,
      heading: plain(`destination ${name}: ${urlOf(endpoint)}, table ${first.table}`),
      findings: first.findings.map(clean),
    })
    const { checked, left } = furtherHosts(destination)
    for (const host of checked) {
      const { findings } = await at(host, HOST)
      sections.push({
        destination: name,
        host: urlOf(host),
        heading: plain(`destination ${name}: ${urlOf(host)}`),
        findings: differingFrom(first.findings, findings).map((one) => clean(runAt(one, host))),
      })
    }
    if (left > 0)
      sections.push({
        destination: name,
        heading: `destination ${name}: further hosts`,
        findings: [hostFinding('skipped', `${count(left, 'more host')} not checked`)],
      })
  }
  return sections
}

function urlOf({ href }: URL): string {
  return href.replace(/\/$/, '')
}

/** The finding with SQL commands that run at this host. */
function runAt({ commands, ...finding }: Finding, host: URL): Finding {
  const there = commands?.map((one) => (one.kind === 'sql' ? { ...one, host: urlOf(host) } : one))
  return { ...finding, ...(there && { commands: there }) }
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
