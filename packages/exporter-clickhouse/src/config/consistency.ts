import { X509Certificate } from 'node:crypto'
import type { Agent } from 'node:http'
import { resolve as absolutePath } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { TlsConfig } from './config.js'
import type { CompleteDestination } from './defaults.js'
import { parseEndpoint } from './endpoint.js'
import { show } from './option-problems.js'
import { destinationNameProblem } from './option-rules.js'
import type { NamedDestinationOptions, Options } from './options.js'

/** Problems of the list of destinations as a whole. The options need not be valid. */
export function listProblems(options: Options): string[] {
  const list: readonly Partial<NamedDestinationOptions>[] = Array.isArray(options?.destinations)
    ? options.destinations
    : []
  const names = list.map((one) => one?.name).filter(isName)
  // Regardless of case: the spool names folders after them, and some file systems do not distinguish case.
  const folded = names.map((name) => name.toLowerCase())
  const duplicates = new Set(
    names.filter((_, index) => folded.indexOf(folded[index] ?? '') !== index),
  )
  const withoutEndpoint = list.filter((one) => isName(one?.name) && one?.endpoint === undefined)
  return [
    ...[...duplicates].map((name) => `destinations: the name "${name}" is used twice`),
    ...withoutEndpoint.map((one) => `destinations[${one.name}].endpoint is missing`),
  ]
}

/** Options that contradict each other, within one destination or between several. */
export function conflicts(
  options: Options,
  destinations: readonly CompleteDestination[],
): string[] {
  const list = options.destinations ?? []
  const isTaken =
    destinations.length > list.length && list.some((one) => one.name.toLowerCase() === 'primary')
  return [
    ...(isTaken
      ? ['destinations: the name "primary" is used twice: the options outside the list have it']
      : []),
    ...destinations.flatMap(conflictsWithin),
    ...spoolConflicts(destinations),
  ]
}

function conflictsWithin({ name, endpoint, tls, agent, spool }: CompleteDestination): string[] {
  const at = name === 'primary' ? '' : `destinations[${name}].`
  const problems: string[] = []
  const { protocol } = parseEndpoint(endpoint).endpoint
  if ((tls.cert === undefined) !== (tls.key === undefined))
    problems.push(`${at}tls: cert and key belong together`)
  else if (!isUsable(tls))
    problems.push(`${at}tls: ca, cert and key must be PEM texts, and key must belong to cert`)
  if (!speaks(agent, protocol))
    problems.push(
      `${at}agent is for the other protocol: the endpoint uses ${protocol}, so it must be an Agent of node:${protocol.slice(0, -1)}`,
    )
  if (spool && spool.directory === undefined) problems.push(`${at}spool.directory is missing`)
  return problems
}

function isUsable({ ca, cert, key }: TlsConfig): boolean {
  if (ca === undefined && cert === undefined) return true
  // Node.js takes a file path as `ca` without an error, and then trusts no server.
  if ([ca, cert, key].some((pem) => pem !== undefined && !pem.includes('-----BEGIN'))) return false
  try {
    createSecureContext({ ca, cert, key })
    if (ca !== undefined) new X509Certificate(ca) // createSecureContext accepts a truncated one
    return true
  } catch {
    return false // the error may quote the key
  }
}

/** Whether Node accepts the agent for the protocol. Proxy agents (agent-base) decide for each request, in a getter, so they are accepted. */
function speaks(agent: Agent | undefined, protocol: string): boolean {
  if (agent === undefined) return true
  try {
    const own: unknown = Object.getOwnPropertyDescriptor(agent, 'protocol')?.value
    return typeof own !== 'string' || own === '' || own === protocol
  } catch {
    return true // a Proxy's trap throws
  }
}

function spoolConflicts(destinations: readonly CompleteDestination[]): string[] {
  const spools = destinations.flatMap(({ spool }) =>
    spool ? [{ ...spool, directory: absolutePath(spool.directory ?? '') }] : [],
  )
  const differ = spools.find((one) =>
    spools.some(
      (other) =>
        other.directory === one.directory &&
        (other.fsync !== one.fsync || other.leaseMs !== one.leaseMs),
    ),
  )
  return differ
    ? [`spool: destinations that share ${show(differ.directory)} must agree on fsync and leaseMs`]
    : []
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && destinationNameProblem(name) === undefined
}
