export interface Column {
  readonly name: string
  /** As ClickHouse writes it. */
  readonly type: string
}

/** What a column is for the page. `micros`: microseconds since 1970 as a number, as the named queries give times. */
export type ColumnKind = 'time' | 'micros' | 'number' | 'text' | 'other'

/** From 2001 to 2100, in microseconds: anything else in a column `…_us` is a duration. */
const MICROS = { from: 1e15, to: 4.1e15 }

/** The type without what says only how it is stored or that NULL is allowed. */
export function plainType(type: string): string {
  const inner = /^(?:Nullable|LowCardinality)\((.*)\)$/s.exec(type)?.[1]
  return inner === undefined ? type : plainType(inner)
}

export function kindOf({ name, type }: Column, sample?: unknown): ColumnKind {
  const plain = plainType(type)
  if (/^Date(Time)?(32|64)?\b/.test(plain)) return 'time'
  if (/^(U?Int\d+|Float\d+|BFloat16|Decimal\b.*)/.test(plain)) {
    const value = numberOf(sample)
    const isTime = value !== undefined && value >= MICROS.from && value < MICROS.to
    return name.endsWith('_us') && isTime ? 'micros' : 'number'
  }
  return /^(String|FixedString|Enum|Bool|UUID|IPv[46])/.test(plain) ? 'text' : 'other'
}

/** Integers of 64 bits and more may come as texts. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined
  if (value === '') return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

/**
 * Seconds since 1970. ClickHouse writes times without a zone; they are read as UTC, so that distances are right in every zone of the
 * server but summer and winter are not mixed up with the zone of the browser.
 */
export function secondsOf(value: unknown, kind: ColumnKind): number | undefined {
  if (kind === 'micros') {
    const micros = numberOf(value)
    return micros === undefined ? undefined : micros / 1e6
  }
  if (typeof value !== 'string') return undefined
  const parts = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(\.\d{1,9})?Z?)?$/.exec(value)
  if (!parts) return undefined
  const whole = Date.parse(`${parts[1]}T${parts[2] ?? '00:00:00'}Z`)
  return Number.isNaN(whole) ? undefined : whole / 1000 + Number(parts[3] ?? 0)
}

/** A trace's id, if this cell has one: 32 hexadecimal digits, not all of them zero, in a column that speaks of traces. */
export function traceIdOf(column: Column, value: unknown): string | undefined {
  if (typeof value !== 'string' || !/trace/i.test(column.name)) return undefined
  return /^[0-9a-f]{32}$/.test(value) && !/^0+$/.test(value) ? value : undefined
}
