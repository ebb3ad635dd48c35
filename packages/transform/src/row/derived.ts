/** How a column follows from another column of the row, so that it need not be sent. */
export interface Derived {
  readonly how: 'nanoseconds' | 'milliseconds'
  /** Name of the other column. */
  readonly of: string
}

interface Derivation {
  /** The expression that the server evaluates. */
  sql(of: string): string
  /** Computes the same from a value of the row's JSON. */
  value(of: unknown): unknown
}

export const DERIVATIONS: Readonly<Record<Derived['how'], Derivation>> = {
  /** UInt64 from a DateTime64(9). */
  nanoseconds: {
    sql: (of) => `toUnixTimestamp64Nano(${of})`,
    value: (of) => String(BigInt(String(of).replace('.', ''))),
  },
  /** Float64 from a UInt64 in nanoseconds, which is rounded to a Float64 before it is divided: on the server, here, and in `milliseconds()`. */
  milliseconds: {
    sql: (of) => `${of} / 1e6`,
    value: (of) => Number(of) / 1e6,
  },
}
