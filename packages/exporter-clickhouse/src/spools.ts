import type { DestinationConfig } from './config.js'
import type { Destination } from './destination.js'
import { errorText } from './errors.js'
import type { DestinationLog } from './log.js'
import { openSpool, type Spool } from './spool.js'

/** The spool of each destination that has one; destinations that name the same directory share it. */
export function openSpools(
  destinations: readonly DestinationConfig[],
  logs: ReadonlyMap<string, DestinationLog>,
  byName: (name: string) => Destination | undefined,
): Map<string, Spool> {
  const spools = new Map<string, Spool>()
  for (const { spool, name } of destinations) {
    if (!spool || spools.has(name)) continue
    const sharers = destinations.filter((other) => other.spool?.directory === spool.directory)
    const log = logs.get(name)
    const opened = openSpool(
      spool,
      sharers.map((one) => one.name),
      {
        recovered: (stored) => byName(stored.destination)?.recover(stored),
        corrupt: (stored) => byName(stored.destination)?.corrupted(stored),
        troubled: (error) =>
          log?.spool(
            `the spool in ${spool.directory} takes nothing: ${errorText(error)}. export() succeeds with rows that are in memory only, and lost if the process is killed (\`unspooled\` in stats()). Check that the disk works and has room.`,
          ),
        recoveredFromTrouble: () => log?.spool(`the spool in ${spool.directory} works again.`),
        foreign: (destination, rows) =>
          log?.spool(
            `the spool in ${spool.directory} holds ${rows} rows for "${destination}", which is no destination here; they are kept`,
          ),
      },
    )
    for (const one of sharers) spools.set(one.name, opened)
  }
  return spools
}
