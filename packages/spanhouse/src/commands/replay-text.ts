import { oneLine } from '#exporter'
import type { SpoolReplayed } from '../replay/spool.js'
import type { Tally } from '../replay/tally.js'
import type { ShowPath } from '../terminal/shown-path.js'

const numbers = new Intl.NumberFormat('en-US')
const count = (rows: number) => `${numbers.format(rows)} ${rows === 1 ? 'row' : 'rows'}`
/** `1 row was`, `2 rows were`. */
const some = (rows: number, one: string, several: string) =>
  `${count(rows)} ${rows === 1 ? one : several}`
const themIn = (rows: number) => (rows === 1 ? 'it' : 'them')

export function replayedAsText(
  { delivered, there, refused, unreadable, conflicts, because }: Tally,
  url: string,
): string {
  const sentences = [`Sent ${count(delivered)} to ${url}.`]
  if (there > 0) sentences.push(`${some(there, 'was', 'were')} there already.`)
  if (refused > 0)
    sentences.push(
      `${some(refused, 'was refused again and is', 'were refused again and are')} kept: ${oneLine(because ?? 'for no known reason')}`,
    )
  if (unreadable > 0)
    sentences.push(
      `${count(unreadable)} could not be read and ${unreadable === 1 ? 'is' : 'are'} kept.`,
    )
  if (conflicts > 0)
    sentences.push(
      `${some(conflicts, 'stays', 'stay')}: newer ones with their ids are in the table (spanhouse compare).`,
    )
  return `${sentences.join('\n')}\n`
}

/** A process that was killed looks alive until its lease ends: nobody can say yet which of both it is. */
export function heldAsText(rows: number, directory: string, leaseMs: number): string {
  const seconds = `${numbers.format(leaseMs / 1000)} s`
  return `${some(rows, 'is', 'are')} left in ${directory}: the owner gave a sign of life within the last ${seconds}. A process that runs sends its rows itself; if it has ended, repeat this command in ${seconds}.\n`
}

export function spoolReplayedAsText(
  folder: string,
  replayed: SpoolReplayed,
  url: string,
  show: ShowPath,
): string {
  const { delivered, refused, lost, waiting, left, newer } = replayed
  const { possibleDuplicates, lastError, deadLetters } = replayed
  const kept = 'directory' in deadLetters ? show(deadLetters.directory) : deadLetters.table
  const sentences = [`${folder}: sent ${count(delivered)} to ${url}.`]
  if (refused > 0)
    sentences.push(
      `${some(refused, 'was refused and is', 'were refused and are')} kept in ${kept}.`,
    )
  if (lost > 0) sentences.push(`${count(lost)} could not be read or kept.`)
  if (possibleDuplicates > 0)
    sentences.push(
      `${count(possibleDuplicates)} may be there twice: an attempt before had no clear end, and the table remembers no tokens, or not for so long.`,
    )
  if (waiting > 0)
    sentences.push(
      `${some(waiting, 'stays', 'stay')} in the spool: ${oneLine(lastError ?? 'no answer')}`,
    )
  if (left > 0)
    sentences.push(
      `${some(left, 'stays', 'stay')} in the spool: another process has taken ${themIn(left)} over, this user may not, or a newer version wrote ${themIn(left)}.`,
    )
  if (newer > 0)
    sentences.push(
      `${some(newer, 'stays', 'stay')} in the spool: a newer version wrote ${themIn(newer)}, and can send ${themIn(newer)}.`,
    )
  return `${sentences.join('\n')}\n`
}
