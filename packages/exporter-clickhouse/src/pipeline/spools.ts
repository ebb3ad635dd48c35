import { clock } from '../common/clock.js'
import { errorText } from '../common/errors.js'
import type { DestinationConfig } from '../config/config.js'
import { namedOnDisk, nameOnDisk } from '../config/name-on-disk.js'
import type { Destination } from '../delivery/destination.js'
import { folderOf } from '../spool/ledger.js'
import { openSpool, type Spool } from '../spool/spool.js'
import type { DestinationLog } from '../telemetry/log.js'

/** The spool of each destination that has one; destinations that name the same directory share it. */
export function openSpools(
  destinations: readonly DestinationConfig[],
  logs: ReadonlyMap<string, DestinationLog | undefined>,
  destinationOf: (name: string) => Destination | undefined,
): Map<string, Spool> {
  const spools = new Map<string, Spool>()
  // What an earlier process left for a destination that gets nothing stays on disk.
  const open = destinations.filter(({ stopped }) => stopped === undefined)
  for (const { spool, name, signal } of open) {
    if (!spool || spools.has(name)) continue
    const sharers = open.filter((other) => other.spool?.directory === spool.directory)
    const log = logs.get(name)
    const byName = (onDisk: string) => destinationOf(namedOnDisk(onDisk).name)
    const tellDeleted = onceAMinute()
    const opened = openSpool(spool, sharers.map(nameOnDisk), {
      recovered: (stored) => byName(stored.destination)?.recover(stored),
      corrupt: (stored) => byName(stored.destination)?.disk.corrupted(stored),
      newer: (stored) => {
        const [first] = stored
        if (!first) return
        byName(first.destination)?.disk.leave(stored)
        const rows = stored.reduce((sum, one) => sum + one.rows, 0)
        logs
          .get(namedOnDisk(first.destination).name)
          ?.spool(
            `${stored.length} batches (${rows} rows) in ${folderOf(first)} were written by a newer version. They are not counted here, and stay there until a process of that version uses this spool.`,
          )
      },
      deletedAside: (files) =>
        tellDeleted(files, (sum) =>
          log?.spool(
            `${sum} damaged records, already counted as dropped, were deleted from ${spool.directory}/corrupt, which keeps the newest 100 (64 MiB).`,
          ),
        ),
      troubled: (error) =>
        log?.spool(
          `the spool in ${spool.directory} takes nothing: ${errorText(error)}. export() still succeeds, but its rows are in memory only (\`unspooled\` in stats()) and are lost if the process is killed. Check that the disk works and has room.`,
        ),
      unreadable: (error) =>
        log?.spool(
          `batches in the spool in ${spool.directory} cannot be read: ${errorText(error)}. They stay there and are tried again; rows in memory do not wait for them. Check that the disk works and that its files may be read.`,
        ),
      readable: () => log?.spool(`the batches in ${spool.directory} can be read again.`),
      recoveredFromTrouble: () => log?.spool(`the spool in ${spool.directory} works again.`),
      foreign: (onDisk, rows) => {
        const foreign = namedOnDisk(onDisk)
        if (foreign.signal !== signal) return // the pipeline of that signal knows them, or says so
        if (destinationOf(foreign.name)) return // it gets nothing: a warning has said so
        log?.spool(
          `the spool in ${spool.directory} holds ${rows} rows for "${foreign.name}", which is not one of the configured destinations. The rows are kept.`,
        )
      },
    })
    for (const one of sharers) spools.set(one.name, opened)
  }
  return spools
}

/** Adds up counts and calls `say` with the sum at most once a minute. */
function onceAMinute(): (count: number, say: (sum: number) => void) => void {
  let sum = 0
  let last = Number.NEGATIVE_INFINITY
  return (count, say) => {
    sum += count
    if (clock.now() - last < 60_000) return
    last = clock.now()
    say(sum)
    sum = 0
  }
}
