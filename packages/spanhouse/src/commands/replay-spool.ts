import type { Config, DestinationConfig, Signal } from '#exporter'
import { namedDestination } from '../config/named-destination.js'
import { configOf } from '../config/source.js'
import { readSpool, type SpoolContents } from '../doctor/disk/spool-contents.js'
import { replaySpool, type SpoolReplay } from '../replay/spool.js'
import { CommandError } from '../terminal/command-error.js'
import { withProgress } from '../terminal/progress.js'
import type { ShowPath } from '../terminal/shown-path.js'
import type { Context } from './command.js'
import { textOption } from './option-values.js'
import { heldAsText, spoolReplayedAsText } from './replay-text.js'

/** Sends the orphaned batches of a spool. Exit code 1: some rows are refused, or stay in the spool, whoever they belong to. */
export async function replaySpools(
  context: Context,
  directory: string,
  show: ShowPath,
): Promise<number> {
  const { signal } = context
  const { destinations } = configOf('traces', {}, context.env)
  const leaseMs = destinations.find(({ spool }) => spool)?.spool?.leaseMs ?? 15_000
  const contents = await readSpool(directory, leaseMs, signal)
  const complete = await replayContents(context, contents, directory, leaseMs, show)
  const [closed] = contents.closed
  if (closed)
    throw new CommandError(
      `${show(closed.path)} cannot be read (${closed.code}): if it holds rows, they stay. Repeat the command as a user who may read it.`,
    )
  return complete ? 0 : 1
}

/** Whether no row that could be seen stays. */
async function replayContents(
  context: Context,
  { orphaned, orphans, held, closed }: SpoolContents,
  directory: string,
  leaseMs: number,
  show: ShowPath,
): Promise<boolean> {
  const { out, err, signal } = context
  const only = textOption(context.values, 'destination')
  const isMeant = (folder: string) => only === undefined || namedOnDisk(folder).name === only
  const left = [...held].reduce((sum, [folder, rows]) => sum + (isMeant(folder) ? rows : 0), 0)
  let complete = left === 0
  if (left > 0) out.write(heldAsText(left, show(directory), leaseMs))
  if (orphans.length === 0 || (left > 0 && ![...orphaned.keys()].some(isMeant))) {
    if (complete && closed.length === 0) out.write(`No rows wait in ${show(directory)}.\n`)
    return complete
  }
  for (const one of replaysOf(context, directory, [...orphaned.keys()])) {
    const { folder, destination } = one
    const url = destination.endpoint.href.replace(/\/$/, '')
    const replayed = await withProgress(err, `Sending ${folder} to ${url}`, (progress) =>
      replaySpool(one, progress.say, signal),
    )
    out.write(spoolReplayedAsText(folder, replayed, url, show))
    const { refused, lost, waiting, left, newer } = replayed
    if (refused + lost + waiting + left + newer > 0) complete = false
  }
  return complete
}

function replaysOf(
  context: Context,
  directory: string,
  folders: readonly string[],
): readonly SpoolReplay[] {
  const { values, env } = context
  const only = textOption(values, 'destination')
  const endpoint = textOption(values, 'endpoint')
  const wanted = folders.map(namedOnDisk).filter(({ name }) => only === undefined || name === only)
  const names = [...new Set(wanted.map(({ name }) => name))]
  if (wanted.length === 0)
    throw new CommandError(
      `The spool has no rows of ${only}: it has some of ${[...new Set(folders)].join(', ')}.`,
    )
  if (endpoint !== undefined && names.length > 1)
    throw new CommandError(
      `The spool has rows of several destinations (${names.join(', ')}): say with --destination which of them go there.`,
    )
  return wanted.map(({ name, signal, folder }) => {
    const config: Config = configOf(signal, {}, env)
    const configured = config.destinations.find((one) => one.name === name)
    const given = endpoint === undefined ? configured : namedDestination(endpoint, signal, context)
    if (given === undefined)
      throw new CommandError(
        `The destination ${name} is not configured here: say with --endpoint where its rows go.`,
      )
    if (given.stopped !== undefined)
      throw new CommandError(`${given.stopped} to ${name}: correct it first.`)
    // The spool knows its rows by the name that the destination had.
    const destination: DestinationConfig = {
      ...given,
      name,
      spool: given.spool ?? configured?.spool,
    }
    return { directory, folder, config, destination }
  })
}

/** Names of destinations contain no dot, and the folder of traces has the bare name. */
function namedOnDisk(folder: string): { name: string; signal: Signal; folder: string } {
  const [name = folder, signal = 'traces'] = folder.split('.')
  const known: readonly string[] = ['traces', 'logs', 'metrics']
  return { name, signal: known.includes(signal) ? (signal as Signal) : 'traces', folder }
}
