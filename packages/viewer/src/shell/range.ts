/** What the address says about time. */
export type Range =
  /** Ends now. */
  | { readonly kind: 'relative'; readonly text: string; readonly lengthUs: number }
  | { readonly kind: 'absolute'; readonly fromUs: number; readonly toUs: number }

export const RANGES = ['5m', '15m', '1h', '6h', '24h', '7d'] as const
export const DEFAULT_RANGE = '15m'

const UNIT_US: Readonly<Record<string, number>> = {
  s: 1e6,
  m: 60e6,
  h: 3600e6,
  d: 86_400e6,
  w: 604_800e6,
}

/** The length of "90s", "15m", "6h", "7d" or "2w"; undefined if it is none of them, or longer than ten years. */
export function lengthOf(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,6})([smhdw])$/.exec(text) ?? []
  const lengthUs = Number(digits) * (UNIT_US[unit] ?? 0)
  return lengthUs > 0 && lengthUs <= 3650 * 86_400e6 ? lengthUs : undefined
}

/** The range of an address. Whatever is wrong with it, there is a range. */
export function rangeOf(parameters: Readonly<Record<string, string>>): Range {
  const [from, to] = [parameters['from'], parameters['to']].map(microseconds)
  if (from !== undefined && to !== undefined && from < to)
    return { kind: 'absolute', fromUs: from, toUs: to }
  const text = parameters['range'] ?? DEFAULT_RANGE
  const lengthUs = lengthOf(text)
  if (lengthUs !== undefined) return { kind: 'relative', text, lengthUs }
  return { kind: 'relative', text: DEFAULT_RANGE, lengthUs: lengthOf(DEFAULT_RANGE) ?? 0 }
}

function microseconds(text: string | undefined): number | undefined {
  const number = text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(number) ? number : undefined
}

/** From and to, in microseconds. A relative range ends a little after now: a clock may be ahead of ours. */
export function boundsOf(range: Range, nowUs: number): { fromUs: number; toUs: number } {
  if (range.kind === 'absolute') return { fromUs: range.fromUs, toUs: range.toUs }
  return { fromUs: Math.floor(nowUs - range.lengthUs), toUs: Math.ceil(nowUs + AHEAD_US) }
}

export const AHEAD_US = 2e6

/** The widths of a step of a chart. Steps of a day begin at midnight UTC. */
const STEPS_US = [
  ...[1, 10, 100, 1000, 10_000, 100_000].flatMap((us) => [us, 2 * us, 5 * us]),
  ...[1, 2, 5, 10, 15, 30].map((s) => s * 1e6),
  ...[1, 2, 5, 10, 15, 30].map((m) => m * 60e6),
  ...[1, 2, 3, 6, 12].map((h) => h * 3600e6),
  ...[1, 2, 7, 30].map((d) => d * 86_400e6),
]

/** The width of a step that cuts a range into at most `most` steps. */
export function stepOf(lengthUs: number, most: number): number {
  return STEPS_US.find((step) => lengthUs / step <= most) ?? Math.ceil(lengthUs / most)
}
