import { X509Certificate } from 'node:crypto'
import type { Agent } from 'node:http'
import { createSecureContext } from 'node:tls'
import { absolutePath } from '../common/absolute-path.js'
import type { Signal, TlsConfig } from './config.js'
import { type Conflict, partsOf, placeOf } from './conflict.js'
import { type Endpoint, parseEndpoint } from './endpoint-url.js'
import { engineConflicts } from './engine-conflicts.js'
import type { GatheredDestination } from './gathered.js'
import type { Group, Option } from './option.js'
import { formRule, show } from './option-problems.js'
import { destinationNameProblem } from './option-rules.js'
import { NAMED_DESTINATION } from './option-table.js'
import type { DestinationOptions, NamedDestinationOptions, Options } from './options.js'
import type { Problem } from './problem.js'
import { retentionConflicts } from './retention-conflicts.js'
import { tableConflicts } from './table-conflicts.js'
import { PREFIX } from './variable-names.js'

/** Names that are used twice in a list of destinations. The options need not be valid. */
export function duplicateNames(options: Options): Problem[] {
  const list: readonly Partial<NamedDestinationOptions>[] = Array.isArray(options?.destinations)
    ? options.destinations
    : []
  const names = list.map((one) => one?.name).filter(isName)
  // Regardless of case: the spool names folders after them, and some file systems do not distinguish case.
  const folded = names.map((name) => name.toLowerCase())
  const twice = new Set(names.filter((_, index) => folded.indexOf(folded[index] ?? '') !== index))
  const path = ['destinations']
  return [...twice].map((name) => ({
    path,
    text: `destinations: the name "${name}" is used twice`,
  }))
}

/** Where code names the table of its signal in two ways: most often it adds `table` to what `loadOptions()` has read. */
export function tableTwice(options: Options, signal: Signal): string[] {
  const places: [at: string, given: DestinationOptions][] = [
    ['', options],
    ...(options.destinations ?? []).map((one): [string, DestinationOptions] => [
      placeOf(one.name),
      one,
    ]),
  ]
  return places
    .filter(([, { table, [signal]: own }]) => table !== undefined && own?.table !== undefined)
    .filter(([, { table, [signal]: own }]) => table !== own?.table)
    .map(([at]) => `${at}table and ${at}${signal}.table are two names for one table: give one`)
}

/** Conflicts within one destination, or between several. */
export function conflicts(destinations: readonly GatheredDestination[]): Conflict[] {
  return [
    ...destinations.flatMap(conflictsWithin),
    ...destinations.flatMap(tableConflicts),
    ...destinations.flatMap(retentionConflicts),
    ...destinations.flatMap(engineConflicts),
    ...spoolConflicts(destinations),
  ]
}

/** Conflicts of options that no signal has for itself, so that every view shows the same. */
function conflictsWithin({ name, ...views }: GatheredDestination): Conflict[] {
  const tree = views.trees.traces
  const options = views.options.traces
  const at = placeOf(name)
  const found: Conflict[] = []
  const conflict = (text: string, ...paths: string[]) =>
    found.push({
      text: `${at}${text}`,
      between: paths.flatMap((path) => partsOf(tree, path)),
    })
  const { endpoint, tls, agent, spool } = options
  const { protocol } = parseEndpoint(endpoint).url
  const hosts = (options.endpoints ?? []).map(parseEndpoint)
  if (hosts.some(({ url }) => url.protocol !== protocol))
    conflict('endpoints must all begin with http://, or all with https://', 'endpoints')
  if (hosts.some((one) => hasOptions(one) && one.url.href !== parseEndpoint(endpoint).url.href))
    conflict(
      'endpoints: only the first may carry a user, a password, a database or options: all hosts have the same',
      'endpoints',
    )
  if ((tls.cert === undefined) !== (tls.key === undefined))
    conflict('tls: cert and key belong together', 'tls.cert', 'tls.key')
  else if (!arePem(tls))
    conflict(
      `tls: ca, cert and key must be PEM texts, not paths: read the files, or name them by ${PREFIX}CA_FILE, …CERT_FILE, …KEY_FILE`,
      'tls',
    )
  else if (!isUsable(tls))
    conflict('tls: ca, cert or key is damaged, or key does not belong to cert', 'tls')
  if (!speaks(agent, protocol))
    conflict(
      `agent is for the other protocol: the endpoint uses ${protocol}, so it must be an Agent of node:${protocol.slice(0, -1)}`,
      'agent', // not the endpoint: if a variable gives it and is ignored, rows go to another server
    )
  const { cluster, distributed } = options
  if (distributed && cluster === undefined)
    conflict(
      'distributed needs `cluster`, the servers of which have the local tables',
      'distributed',
    )
  if (spool && spool.directory === undefined) conflict('spool.directory is missing', 'spool')
  const { type } = NAMED_DESTINATION.fields['deadLetter'] as Option
  const deadLetter = tree['deadLetter']
  if (deadLetter && type.kind === 'group' && !hasForm(deadLetter, type))
    conflict(`deadLetter${formRule(type.forms)}`, 'deadLetter')
  return found
}

function hasOptions({ username, password, database, query }: Endpoint): boolean {
  return (username ?? password ?? database) !== undefined || query.size > 0
}

function hasForm(value: object, { forms = [] }: Group): boolean {
  return forms.some(
    ([first = '', ...others]) =>
      Object.hasOwn(value, first) &&
      Object.keys(value).every((name) => name === first || others.includes(name)),
  )
}

/** Node.js takes a file path as `ca` without an error, and then trusts no server. */
function arePem({ ca, cert, key }: TlsConfig): boolean {
  return [ca, cert, key].every((pem) => pem === undefined || pem.includes('-----BEGIN'))
}

function isUsable({ ca, cert, key }: TlsConfig): boolean {
  if (ca === undefined && cert === undefined) return true
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

function spoolConflicts(destinations: readonly GatheredDestination[]): Conflict[] {
  const spools = destinations.flatMap(
    ({
      trees: { traces: tree },
      options: {
        traces: { spool },
      },
    }) => (spool ? [{ ...spool, tree, directory: absolutePath(spool.directory ?? '') }] : []),
  )
  const differ = spools.find((one) =>
    spools.some(
      (other) =>
        other.directory === one.directory &&
        (other.fsync !== one.fsync || other.leaseMs !== one.leaseMs),
    ),
  )
  if (!differ) return []
  const sharers = spools.filter((one) => one.directory === differ.directory)
  return [
    {
      text: `spool: destinations that share ${show(differ.directory)} must agree on fsync and leaseMs`,
      between: sharers.flatMap(({ tree }) =>
        ['spool.fsync', 'spool.leaseMs'].flatMap((path) => partsOf(tree, path)),
      ),
    },
  ]
}

export function isName(name: unknown): name is string {
  return typeof name === 'string' && destinationNameProblem(name) === undefined
}
