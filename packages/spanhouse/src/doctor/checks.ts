import { configuration } from './application/configuration.js'
import { sampler, sdkDisabled, tracesExporter } from './application/environment.js'
import { nodeVersion } from './application/node.js'
import { nodeOptions } from './application/node-options.js'
import { api, instrumentations, manifest, sdk } from './application/sdk.js'
import { logsExporter, metricsExporter } from './application/signals.js'
import type { Check } from './check.js'
import { deadLetters } from './disk/dead-letters.js'
import { spoolFolder, spoolRows } from './disk/spool.js'
import type { Facts, Surroundings } from './facts.js'
import { dns, proxies, tcp } from './network/addresses.js'
import { tls } from './network/certificate.js'
import { http } from './network/http.js'
import { clock, credentials, version } from './server/access.js'
import { insertErrors } from './server/history.js'
import { disks, mutations, parts, replication } from './server/load.js'
import { rights } from './server/rights.js'
import { profile, quotas } from './server/settings.js'
import { logs, metrics } from './server/signals.js'
import { columns, deduplication, engine, table, ttl } from './server/table.js'
import { views } from './server/views.js'
import { testSpan } from './test-span.js'

/** Once for the application. */
export const APPLICATION: readonly Check<Surroundings>[] = [
  nodeVersion,
  configuration,
  tracesExporter,
  logsExporter,
  metricsExporter,
  sdkDisabled,
  sampler,
  nodeOptions,
  manifest,
  sdk,
  api,
  instrumentations,
]

/** For each destination. A check comes after those that it needs. */
export const DESTINATION: readonly Check<Facts>[] = [
  dns,
  tcp,
  proxies,
  tls,
  http,
  credentials,
  version,
  clock,
  rights,
  table,
  engine,
  columns,
  deduplication,
  views,
  ttl,
  logs,
  metrics,
  profile,
  quotas,
  parts,
  mutations,
  replication,
  disks,
  insertErrors,
  spoolFolder,
  spoolRows,
  deadLetters,
  testSpan,
]

const NOT_OF_A_HOST = new Set([proxies, spoolFolder, spoolRows, deadLetters, testSpan])

/** The checks of each further host of a destination: all but those that do not depend on the host. */
export const HOST: readonly Check<Facts>[] = DESTINATION.filter(
  (check) => !NOT_OF_A_HOST.has(check),
)

/** For a destination that takes logs or metrics only: a span cannot be sent there. */
export const WITHOUT_TRACES: readonly Check<Facts>[] = DESTINATION.filter(
  (check) => check !== testSpan,
)
