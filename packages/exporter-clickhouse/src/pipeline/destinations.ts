import type { Stats } from '../accounting/stats.js'
import { hook } from '../common/hook.js'
import type { Config } from '../config/config.js'
import { openDeadLetters } from '../delivery/dead-letters.js'
import { Destination, type Equipment } from '../delivery/destination.js'
import { type Share, shareServer } from '../delivery/server.js'
import type { Spool } from '../spool/spool.js'
import { openMetrics } from '../telemetry/metrics.js'
import { openSpools } from './spools.js'

/** Opens the destinations of a signal, each with its share in a server, and their spools. */
export function openDestinations<Input>(
  { destinations: configs, acknowledge, warnings, onDrop, meterProvider }: Config<Input>,
  stats: () => Stats,
): { readonly destinations: readonly Destination[]; readonly spools: readonly Spool[] } {
  const [first] = configs
  const metrics = first && meterProvider && openMetrics(meterProvider, first.signal, stats)
  const callOnDrop = hook('onDrop', onDrop)
  const shares = configs.map((one) => shareServer(one, warnings))
  const logs = new Map(configs.map(({ name }, n) => [name, shares[n]?.log]))
  const byName = new Map<string, Destination>()
  const spools = openSpools(configs, logs, (name) => byName.get(name))
  for (const [n, one] of configs.entries()) {
    const share = shares[n] as Share
    const record = metrics?.attemptsOf(one)
    const equipment = {
      ...share,
      spool: spools.get(one.name),
      deadLetters: openDeadLetters(one, share.sender),
      acknowledge,
      onDrop: (rows, reason) => callOnDrop(rows, reason, one.name),
      onAttempt: hook('the meter', record),
    } satisfies Equipment
    byName.set(one.name, new Destination(one, equipment))
  }
  return { destinations: [...byName.values()], spools: [...new Set(spools.values())] }
}
