import { quoteIdentifier } from '@spanhouse/transform'

/** From (inclusive) and until (exclusive), in milliseconds since 1970. */
export interface Window {
  readonly fromMs: number
  readonly untilMs: number
}

export const MINUTE_MS = 60_000

/** The condition on a row's time; the same instants on every server, whatever its time zone. */
export function within(time: string, { fromMs, untilMs }: Window): string {
  const column = quoteIdentifier(time)
  return `${column} >= fromUnixTimestamp64Milli(toInt64(${fromMs})) AND ${column} < fromUnixTimestamp64Milli(toInt64(${untilMs}))`
}

/** The same without the rows that do not count. Its conditions come from the servers: for queries that only read. */
export function counting(
  { time, kept }: { readonly time: string; readonly kept: readonly string[] },
  window: Window,
): string {
  return [within(time, window), ...kept].join(' AND ')
}

/** The number of a row's minute since 1970; negative before. Times in UInt32 would begin anew in 2106, and intDiv would take the minute before 1970 for the one after. */
export function minuteOf(time: string): string {
  return `toInt32(floor(toUnixTimestamp64Milli(toDateTime64(${quoteIdentifier(time)}, 3, 'UTC')) / ${MINUTE_MS}))`
}

/** The part of a window that is in one minute. */
export function ofMinute(minute: number, { fromMs, untilMs }: Window): Window {
  return {
    fromMs: Math.max(fromMs, minute * MINUTE_MS),
    untilMs: Math.min(untilMs, (minute + 1) * MINUTE_MS),
  }
}

/** The window in steps of at most `stepMs`, which begin at whole minutes. */
export function* stepsOf({ fromMs, untilMs }: Window, stepMs: number): Generator<Window> {
  for (let from = fromMs; from < untilMs; ) {
    const until = Math.min(untilMs, Math.floor(from / MINUTE_MS) * MINUTE_MS + stepMs)
    yield { fromMs: from, untilMs: until }
    from = until
  }
}

/** As people read it: `2026-11-29 02:14`, in UTC. */
export function minuteText(minute: number): string {
  return timeText(minute * MINUTE_MS).slice(0, 16)
}

export function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}
