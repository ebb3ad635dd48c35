import { absolutePath } from '../common/absolute-path.js'
import type {
  Compression,
  DeadLetterConfig,
  DestinationConfig,
  HostsConfig,
  Records,
  Signal,
  SpoolConfig,
} from './config.js'
import type { CompleteDestination } from './defaults.js'
import { parseEndpoint } from './endpoint-url.js'
import { routeOf } from './route-of.js'
import { targetOfPoint, targetsOf } from './targets.js'

/** Turns the options of a destination, which are complete and checked, into what the rest of the code reads for one signal. */
export function resolveDestination<On extends Signal>(
  options: CompleteDestination,
  signal: On,
): DestinationConfig<Records[On]> {
  const { name, username, password, timeoutMs, batch, retry, queue } = options
  const targets = targetsOf(options, signal)
  return {
    name,
    signal,
    endpoint: parseEndpoint(options.endpoint).url,
    ...hostsOf(options),
    targets,
    ...(targets.length > 1 && { targetOf: targetOfPoint as never }),
    username,
    password,
    timeoutMs,
    batch,
    compression: compressionOf(options.compression),
    retry: {
      ...retry,
      maxRetries: retry.maxRetries === 'unlimited' ? Number.POSITIVE_INFINITY : retry.maxRetries,
    },
    queue,
    spool: spoolOf(options.spool),
    deadLetter: deadLetterOf(options.deadLetter, targets[0].database),
    asyncInsert: options.asyncInsert,
    manageSchema: options.manageSchema,
    tls: options.tls,
    headers: options.headers,
    settings: settingsOf(options.settings),
    agent: options.agent,
    route: routeOf(options, signal),
  }
}

function hostsOf(options: CompleteDestination): { hosts?: HostsConfig } {
  const { endpoint, endpoints = [], endpointOrder } = options
  const all = new Map(
    [endpoint, ...endpoints].map((one) => parseEndpoint(one).url).map((url) => [url.href, url]),
  )
  if (all.size === 1 && endpointOrder === undefined) return {}
  const [first, ...others] = all.values()
  if (!first) return {}
  return { hosts: { endpoints: [first, ...others], order: endpointOrder ?? 'in_order' } }
}

function compressionOf({
  codec,
  level = codec === 'br' ? 1 : 3,
  thresholdBytes,
}: CompleteDestination['compression']): Compression {
  return { codec, level, thresholdBytes }
}

function spoolOf(spool: CompleteDestination['spool']): SpoolConfig | undefined {
  return spool && { ...spool, directory: absolutePath(spool.directory) }
}

function deadLetterOf(
  deadLetter: CompleteDestination['deadLetter'],
  database: string,
): DeadLetterConfig | undefined {
  if (deadLetter === undefined) return undefined
  if ('table' in deadLetter) return { database, table: deadLetter.table }
  return { directory: absolutePath(deadLetter.directory), maxBytes: deadLetter.maxBytes }
}

// Sorted, so that equal settings are equal texts, in whatever order they were written.
function settingsOf(settings: CompleteDestination['settings']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [
        name,
        typeof value === 'boolean' ? String(Number(value)) : String(value),
      ]),
  )
}
