import { CommandError } from '../terminal/command-error.js'

const FEWEST_DIGITS = 4
const WHOLE = 32

/**
 * The trace id, or the beginning of one, in what a user pastes: an id, also in capitals or with the dashes of a UUID, a traceparent
 * header, the URL of a page, or a line of a log that has one id. In lower case. Throws a CommandError.
 */
export function traceIdIn(text: string): string {
  const trimmed = text.trim().toLowerCase()
  const withoutDashes = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(trimmed)
    ? trimmed.replaceAll('-', '')
    : trimmed
  if (/^[0-9a-f]+$/.test(withoutDashes) && withoutDashes.length <= WHOLE) {
    if (withoutDashes.length >= FEWEST_DIGITS) return withoutDashes
    throw new CommandError(`Give at least ${FEWEST_DIGITS} digits of the trace's id.`, 2)
  }
  const ids = new Set(withoutDashes.match(/(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/g))
  const [id] = ids
  if (ids.size > 1)
    throw new CommandError(`There are ${ids.size} trace ids in what was given: choose one.`, 2)
  if (id !== undefined) return id
  throw new CommandError(
    'This is no trace id: give 4 to 32 hexadecimal digits, a traceparent header, or the URL of a page.',
    2,
  )
}

export function isWhole(id: string): boolean {
  return id.length === WHOLE
}
