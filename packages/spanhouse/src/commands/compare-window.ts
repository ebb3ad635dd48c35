import type { Window } from '../regions/window.js'
import { CommandError } from '../terminal/command-error.js'
import type { Option, OptionValues } from './command.js'
import { durationOption, textOption } from './option-values.js'

const HOUR_MS = 3_600_000
/** Newer rows may be on their way: an application batches rows for seconds, and sends them again for some minutes while a server restarts. */
const ON_THEIR_WAY_MS = 300_000
/** What a DateTime64 with nanoseconds can hold. */
const EARLIEST_MS = Date.UTC(1900, 0)
const LATEST_MS = Date.UTC(2262, 0)

export const WINDOW_OPTIONS: Readonly<Record<'window' | 'until', Option>> = {
  window: {
    type: 'string',
    value: 'TIME',
    help: 'how far back rows are compared, by the time in the row, such as 15m or 7d; default: 1h',
  },
  until: {
    type: 'string',
    value: 'TIME',
    help: 'where the window ends: so long ago, such as 1m, or a time such as 2026-11-29T02:00:00Z, or now; default: 5m, because newer rows may be on their way',
  },
}

/** `leftOutMs`: how long before now the window ends by default; 0 if --until was given. Throws a CommandError. */
export function windowOf(values: OptionValues): Window & { readonly leftOutMs: number } {
  const length = durationOption(values, 'window') ?? HOUR_MS
  const untilMs = Math.min(untilOf(values), LATEST_MS)
  const leftOutMs = textOption(values, 'until') === undefined ? ON_THEIR_WAY_MS : 0
  return { fromMs: Math.max(Math.floor(untilMs - length), EARLIEST_MS), untilMs, leftOutMs }
}

function untilOf(values: OptionValues): number {
  const text = textOption(values, 'until')
  if (text === undefined) return Date.now() - ON_THEIR_WAY_MS
  if (text === 'now') return Date.now()
  if (/^\d+(\.\d+)?\s*[a-z]+$/i.test(text))
    return Math.floor(Date.now() - (durationOption(values, 'until') ?? 0))
  // A time without a zone would be that of this machine.
  const at = /(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at))
    throw new CommandError(
      '--until must be a length of time, such as 1m, or a time with its zone, such as 2026-11-29T02:00:00Z.',
    )
  return at
}
