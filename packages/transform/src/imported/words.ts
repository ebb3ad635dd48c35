import type { TimeUnit } from '../values/in-unit.js'

/**
 * The words of a name: `startTimeUnixNano` and `start_time_unix_nano` have the same. A name that begins with an underscore has no words,
 * because such columns are about the row: `_timestamp` says when it was written, not when the span began.
 */
export function wordsOf(name: string): readonly string[] {
  if (name.startsWith('_')) return []
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
}

const UNITS: Readonly<Record<string, TimeUnit>> = {
  ns: 'ns',
  nano: 'ns',
  nanos: 'ns',
  nanoseconds: 'ns',
  us: 'us',
  micros: 'us',
  microseconds: 'us',
  ms: 'ms',
  millis: 'ms',
  milliseconds: 'ms',
  s: 's',
  sec: 's',
  seconds: 's',
}

/** The unit that the last word says, and the words before it. `unix` and `epoch` say nothing about what is counted. */
export function withoutUnit(words: readonly string[]): {
  readonly words: readonly string[]
  readonly unit: TimeUnit | undefined
} {
  const last = words.at(-1) ?? ''
  const unit = words.length > 1 && Object.hasOwn(UNITS, last) ? UNITS[last] : undefined
  const rest = unit === undefined ? words : words.slice(0, -1)
  const isPlain = rest.length < 2 || !/^(unix|epoch)$/.test(rest.at(-1) ?? '')
  return { words: isPlain ? rest : rest.slice(0, -1), unit }
}
