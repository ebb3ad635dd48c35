import type { Agent } from 'node:http'
import type { MeterProvider } from '@opentelemetry/api'
import type { DdlOptions, Limits as SpanLimits, Table } from '@spanhouse/transform'
import type { DropReason } from '../accounting/drop-reason.js'
import type { RouteConfig } from './routing-options.js'
import type { Signal } from './signal.js'

export type { Records, Signal } from './signal.js'

/** A table of one server: where the rows of a signal go. */
export interface Target<Input = never> {
  readonly database: string
  readonly table: string
  readonly schema: Table<Input>
  /** The table that INSERTs name, if it is another: a local one behind the Distributed table. */
  readonly insertsInto?: string
  /** What the statements that create the table say beyond its schema. */
  readonly creation: TableCreation
}

export type TableCreation = Omit<DdlOptions, 'database' | 'table'>

/** One destination of one signal: every default applied, every value in the form that the rest of the code reads. */
export interface DestinationConfig<Input = never> {
  readonly name: string
  readonly signal: Signal
  /** Without credentials, query or trailing slash. */
  readonly endpoint: URL
  /** Absent if there is one host alone, whose name is left to Node.js. */
  readonly hosts?: HostsConfig
  /** The tables that a record may go to. */
  readonly targets: readonly [Target<Input>, ...Target<Input>[]]
  /** The index of the target that a record goes to. Absent if there is only one. */
  targetOf?(record: Input): number
  readonly username: string
  readonly password: string
  readonly timeoutMs: number
  readonly batch: BatchLimits
  readonly compression: Compression
  readonly retry: RetryConfig
  readonly queue: { readonly maxBytes: number; readonly whenFull: 'drop_oldest' | 'drop_newest' }
  readonly spool: SpoolConfig | undefined
  readonly deadLetter: DeadLetterConfig | undefined
  readonly asyncInsert: boolean
  readonly manageSchema: 'create' | 'validate' | 'off'
  readonly tls: Readonly<TlsConfig>
  readonly headers: Readonly<Record<string, string>>
  readonly settings: Readonly<Record<string, string>>
  readonly agent: Agent | undefined
  /** Why nothing may be sent: a variable that says what must not be sent cannot be read. One sentence, without its full stop. */
  readonly stopped?: string
  /** Which records it gets, and in what form. Undefined if no option of routing is given. */
  readonly route: RouteConfig<Input> | undefined
}

export interface HostsConfig {
  /** Each as `endpoint`, which is the first of them. */
  readonly endpoints: readonly [URL, ...URL[]]
  readonly order: 'in_order' | 'round_robin' | 'random'
}

export type Temporality = 'cumulative' | 'delta'

export interface SpoolConfig {
  readonly directory: string
  /** For each destination. The spool does not enforce it: the caller compares it with `bytesOf()`. */
  readonly maxBytes: number
  /** `always`: before `put()` resolves. `interval`: within about a second. */
  readonly fsync: 'always' | 'interval' | 'never'
  /** An owner that gives no sign of life for this long loses its batches to another process. */
  readonly leaseMs: number
}

export type DeadLetterConfig =
  | { readonly directory: string; readonly maxBytes: number }
  | { readonly database: string; readonly table: string }

export interface BatchLimits {
  readonly maxRows: number
  readonly maxBytes: number
  readonly maxDelayMs: number
}

export interface Compression {
  readonly codec: 'gzip' | 'br' | 'none'
  readonly level: number
  readonly thresholdBytes: number
}

export interface RetryConfig {
  /** Infinity stands for `unlimited`. */
  readonly maxRetries: number
  readonly initialDelayMs: number
  readonly multiplier: number
  readonly maxDelayMs: number
}

export interface TlsConfig {
  ca?: string
  cert?: string
  key?: string
  servername?: string
  rejectUnauthorized?: boolean
}

/** The configuration of one signal. */
export interface Config<Input = never> {
  readonly destinations: readonly DestinationConfig<Input>[]
  /** What is configured, in one clause without secrets. */
  readonly summary: string
  readonly acknowledge: 'delivered' | 'accepted'
  readonly flushTimeoutMs: number
  readonly shutdownTimeoutMs: number
  readonly flushOnSignal: boolean
  /** Which values of metrics the SDK is asked for. */
  readonly temporality: Temporality
  /** What is ignored because it is invalid, and a signal that no destination takes, as sentences. */
  readonly doubts: readonly string[]
  /** Whether `process.emitWarning` may be called. */
  readonly warnings: boolean
  /** The option `limits` without `rowBytes`. Empty for metrics. */
  readonly limits: SpanLimits
  /** The option `limits.rowBytes`. */
  readonly maxRowBytes: number
  readonly onDrop: ((rows: number, reason: DropReason, destination: string) => void) | undefined
  readonly meterProvider: Pick<MeterProvider, 'getMeter'> | undefined
}
