/** How a column follows from another one of the row, so that it need not travel. */
export interface Derived {
  readonly how: 'nanoseconds' | 'milliseconds'
  /** Name of the column it follows from. */
  readonly of: string
}

interface Way {
  sql(of: string): string
  /** The same of a JSON value. */
  value(of: unknown): unknown
}

export const WAYS: Readonly<Record<Derived['how'], Way>> = {
  /** UInt64 of a DateTime64(9). */
  nanoseconds: {
    sql: (of) => `toUnixTimestamp64Nano(${of})`,
    value: (of) => String(BigInt(String(of).replace('.', ''))),
  },
  /** Float64 of a UInt64 in nanoseconds, which is rounded to a Float64 before it is divided: on the server, here, and in `milliseconds()`. */
  milliseconds: {
    sql: (of) => `${of} / 1e6`,
    value: (of) => Number(of) / 1e6,
  },
}
