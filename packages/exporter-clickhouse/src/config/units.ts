import type { Unit } from './option.js'

const NUMBER = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i

/** The number that a text such as `500`, `5s` or `64MiB` stands for; undefined if it is none, or has a unit of another kind. */
export function numberOf(unit: Unit | undefined, text: string): number | undefined {
  const [, digits, written = ''] = NUMBER.exec(text) ?? []
  const factor = written === '' ? 1 : factorOf(written.toLowerCase(), unit)
  if (digits === undefined || factor === undefined) return undefined
  // A tenth of a second is 100 ms and not 100.00000000000001.
  return factor === 1 ? Number(digits) : Math.round(Number(digits) * factor)
}

/** What to write instead of a number that code gives as text, with or without a unit; undefined for any other value. */
export function numberMeant(unit: Unit | undefined, value: unknown): string | undefined {
  if (typeof value !== 'string' || !NUMBER.test(value)) return undefined
  const expected = unit ? `must be a number of ${unit}` : 'must be a number'
  const meant = numberOf(unit, value)
  if (meant !== undefined) return `${expected}: write ${Math.round(meant)}`
  return unit ? `${expected}, or in a file a text such as '${EXAMPLES[unit]}'` : expected
}

const EXAMPLES: Readonly<Record<Unit, string>> = {
  milliseconds: '500ms',
  seconds: '30d',
  bytes: '64MiB',
}

const SECONDS: Readonly<Record<string, number>> = {
  ms: 0.001,
  ...each(1, ['s', 'sec', 'secs', 'second', 'seconds']),
  ...each(60, ['m', 'min', 'mins', 'minute', 'minutes']),
  ...each(3600, ['h', 'hour', 'hours']),
  ...each(86_400, ['d', 'day', 'days']),
  ...each(604_800, ['w', 'week', 'weeks']),
}

const FACTORS: Readonly<Record<Unit, Readonly<Record<string, number>>>> = {
  seconds: SECONDS,
  milliseconds: Object.fromEntries(
    Object.entries(SECONDS).map(([unit, seconds]) => [unit, seconds * 1000]),
  ),
  bytes: {
    ...each(1, ['b', 'byte', 'bytes']),
    ...each(1e3, ['kb']),
    ...each(1e6, ['mb']),
    ...each(1e9, ['gb']),
    ...each(1024, ['k', 'kib']),
    ...each(1024 ** 2, ['m', 'mib']),
    ...each(1024 ** 3, ['g', 'gib']),
  },
}

function factorOf(written: string, unit: Unit | undefined): number | undefined {
  return unit && Object.hasOwn(FACTORS[unit], written) ? FACTORS[unit][written] : undefined
}

function each(factor: number, units: readonly string[]): Record<string, number> {
  return Object.fromEntries(units.map((unit) => [unit, factor]))
}
