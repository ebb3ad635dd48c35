import type { DestinationConfig } from '#exporter'
import type { Finding } from './check.js'

/** How many hosts after the first are checked: each takes some seconds, and they should be alike. */
const MAX_HOSTS = 8

/** The destination as if it had this host only. */
export function atHost<Destination extends DestinationConfig>(
  { hosts: _, ...destination }: Destination,
  endpoint: URL,
): Omit<Destination, 'hosts'> & { readonly endpoint: URL } {
  return { ...destination, endpoint }
}

/** The hosts after the first one, and how many more there are. */
export function furtherHosts({ hosts }: DestinationConfig): {
  readonly checked: readonly URL[]
  readonly left: number
} {
  const further = hosts?.endpoints.slice(1) ?? []
  return { checked: further.slice(0, MAX_HOSTS), left: Math.max(0, further.length - MAX_HOSTS) }
}

/** The findings of one host that the first host does not have. What is ok is left out, except the version. */
export function differingFrom(first: readonly Finding[], these: readonly Finding[]): Finding[] {
  const said = new Set(first.map(({ check, level, text }) => `${check} ${level} ${text}`))
  const differing = these.filter(
    ({ check, level, text }) =>
      !said.has(`${check} ${level} ${text}`) && (level !== 'ok' || check === 'version'),
  )
  return differing.length > 0 ? differing : [hostFinding('ok', 'nothing else to mend at this host')]
}

export function hostFinding(level: Finding['level'], text: string): Finding {
  return { check: 'host', title: 'host', level, text }
}
