/** What a query may use. */
export interface Limits {
  readonly seconds: number
  readonly memoryBytes: number
  /** The server stops soon after this many. */
  readonly rows: number
  /** Of the answer. What comes after them is not read. */
  readonly bytes: number
  /**
   * Whether integers of 64 bits and more, decimals, NaN and infinity are texts: a number of JSON or of JavaScript has no room for them. Else
   * NaN and infinity are null.
   */
  readonly exactNumbers: boolean
}

const GB = 1_000_000_000

/** For our own queries: `@spanhouse/queries` limits their rows. */
export const OWN_LIMITS: Limits = {
  seconds: 20,
  memoryBytes: 2 * GB,
  rows: 200_000,
  bytes: 64_000_000,
  exactNumbers: false,
}

/** For SQL of the user's. */
export const SQL_LIMITS: Limits = {
  seconds: 20,
  memoryBytes: 2 * GB,
  rows: 10_000,
  bytes: 16_000_000,
  exactNumbers: true,
}

/** For queries over all rows of a stretch of time: an hour of a busy service is hashed in one. */
export const LONG_LIMITS: Limits = {
  seconds: 300,
  memoryBytes: 4 * GB,
  rows: 500_000,
  bytes: 128_000_000,
  exactNumbers: false,
}

/** The server says sooner than this that a query has taken too long. */
export const GRACE_MS = 5000

export type Settings = Readonly<Record<string, string | number>>

/** The settings of a query. `readonly` comes first: a user with `readonly=2` may set everything else. */
export function settingsOf({ seconds, memoryBytes, rows, bytes, exactNumbers }: Limits): Settings {
  return {
    readonly: 1,
    max_execution_time: seconds,
    timeout_overflow_mode: 'throw',
    max_memory_usage: memoryBytes,
    max_result_rows: rows,
    // In memory values take more room than in the answer, whose bytes we count ourselves.
    max_result_bytes: bytes * 4,
    result_overflow_mode: 'break',
    cancel_http_readonly_queries_on_client_close: 1,
    output_format_json_quote_64bit_integers: exactNumbers ? 1 : 0,
    output_format_json_quote_denormals: exactNumbers ? 1 : 0,
    output_format_json_quote_decimals: exactNumbers ? 1 : 0,
    output_format_json_named_tuples_as_objects: 1,
  }
}

export const SETTING_NAMES: readonly string[] = Object.keys(settingsOf(OWN_LIMITS))
