import type { Signal } from './signal.js'

// `routing-table.ts` holds the rules and defaults of these options.

/** Options that decide which records a destination gets, of one signal or of all. `Input` is a span, a log record or a data point. */
export interface RoutingOptions<Input> {
  /**
   * Which records the destination gets: a function, or lists of conditions; see docs/routing.md. What is left out is counted as
   * `filtered`. Default: all.
   */
  filter?: Filter<Input> | FilterRules | undefined
  /** Takes out or hashes what must not reach the destination, by the names of attributes and by what texts look like. */
  redact?: RedactOptions | undefined
  /**
   * Called for each row; returns the rows to insert instead, by table: `{ spans: row, audit: [a, b] }`. A row for which it returns nothing
   * is counted as `filtered`. Default: none.
   */
  dispatch?: Dispatch | undefined
}

/** Options of routing of a destination. */
export interface DestinationRouting<Input> extends RoutingOptions<Input> {
  /** Keeps a part of all traces, decided by their ids, and the log records of the same traces. Metrics are not sampled. */
  sample?: SampleOptions | undefined
  /** Stamped on records that have no such stamp yet, as the resource attribute `spanhouse.origin`: where they come from. Default: none. */
  origin?: string | undefined
  /** Records with the stamp of one of these origins are left out, so that two regions do not send each other's records back. Default: none. */
  skipIfOrigin?: readonly string[] | undefined
}

/** What a filter and a dispatch are told beside the record. */
export interface FilterContext {
  readonly destination: string
  readonly signal: Signal
}

export interface DispatchContext extends FilterContext {
  /** The table that the row would go to. */
  readonly table: string
}

export type Row = Record<string, unknown>

export type Filter<Input> = { decide(record: Input, context: FilterContext): boolean }['decide']
export type Dispatch = (
  row: Row,
  context: DispatchContext,
) => Record<string, Row | readonly Row[]> | null | undefined

export interface FilterRules {
  /** Records that meet none of these conditions are left out. Default: all are kept. */
  readonly keep?: readonly Condition[] | undefined
  /** Records that meet one of these conditions are left out. Default: none. */
  readonly drop?: readonly Condition[] | undefined
}

/** Everything in a condition must be true of a record. In a pattern, `*` stands for any text; capital letters count. */
export interface Condition {
  /** Pattern of the name of a span, metric or event. */
  readonly name?: string | undefined
  /** Pattern of `service.name`. */
  readonly service?: string | undefined
  /** Pattern of the name of the instrumentation scope. */
  readonly scope?: string | undefined
  /** Pattern of the text of a log record. */
  readonly body?: string | undefined
  /** Patterns of attributes of the record or, if it lacks them, of its resource. `*` is true if there is one. */
  readonly attribute?: Readonly<Record<string, string>> | undefined
  /** Of a log record: 1 to 24, or `trace`, `debug`, `info`, `warn`, `error`, `fatal`. */
  readonly severity?: { readonly min?: SeverityName | number; readonly max?: SeverityName | number }
  /** Of a span, in milliseconds. */
  readonly durationMs?: { readonly min?: number; readonly max?: number }
  /** Of a span. */
  readonly status?: 'unset' | 'ok' | 'error' | undefined
}

export type SeverityName = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'

export interface SampleOptions {
  /** Which part of all traces is kept, 0 to 1. Default: 1. */
  rate?: number | undefined
  /** Rates of some traces: the first rule that fits the first span of a trace in this process decides. Default: none. */
  rules?: readonly SampleRule[] | undefined
  /** Keeps every trace with a span that failed. Default: `true`. */
  keepErrors?: boolean | undefined
  /** Keeps every trace with a span that took this long. In milliseconds. Default: none. */
  keepSlowerThanMs?: number | undefined
  /** How long spans wait for the decision about their trace. In milliseconds. Default: 30,000. */
  maxWaitMs?: number | undefined
  /** Memory, roughly, for the spans that wait. Beyond it, the oldest trace is decided early. In bytes. Default: 16 MiB. */
  maxWaitingBytes?: number | undefined
}

/** Patterns that must all fit, and the rate of the traces that they fit. */
export interface SampleRule {
  readonly service?: string | undefined
  /** Of the attribute `http.route`. */
  readonly route?: string | undefined
  /** Of the name of a span. */
  readonly name?: string | undefined
  readonly rate: number
}

export interface RedactOptions {
  /** Attributes to keep, by patterns of their names; all others are taken out, except `service.name`. Default: all. */
  allow?: readonly string[] | undefined
  /** Attributes to take out, by patterns of their names. Also those within attributes and log bodies. Default: none. */
  deny?: readonly string[] | undefined
  /** Attributes whose values are replaced by a keyed hash (HMAC-SHA-256), by patterns of their names. Without `key`, they are taken out. Default: none. */
  hash?: readonly string[] | undefined
  /**
   * What to replace in all texts: `email`, `credit_card`, `ipv4`, `bearer_token`, `jwt`, `url_credentials`; in code also
   * `{ pattern: RegExp }` and functions from text to text. Default: nothing.
   */
  values?: readonly ValueRule[] | undefined
  /** Key of the hashes, a secret of yours. Default: none. */
  key?: string | undefined
  /** Stands in place of what `values` replace. Default: `[redacted]`. */
  replace?: string | undefined
}

export type NamedValue =
  | 'email'
  | 'credit_card'
  | 'ipv4'
  | 'bearer_token'
  | 'jwt'
  | 'url_credentials'

export type ValueRule = NamedValue | { readonly pattern: RegExp } | ((text: string) => string)

/** The options of routing of one destination and signal, resolved. */
export interface RouteConfig<Input = never> {
  readonly filter: Filter<Input> | FilterRules | undefined
  readonly sample: SampleConfig | undefined
  readonly redact: RedactConfig | undefined
  readonly dispatch: Dispatch | undefined
  readonly origin: string | undefined
  readonly skipIfOrigin: readonly string[]
}

export interface SampleConfig {
  readonly rate: number
  readonly rules: readonly SampleRule[]
  readonly keepErrors: boolean
  readonly keepSlowerThanMs: number | undefined
  readonly maxWaitMs: number
  readonly maxWaitingBytes: number
}

export interface RedactConfig {
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  readonly hash: readonly string[]
  readonly values: readonly ValueRule[]
  readonly key: string | undefined
  readonly replace: string
}
