import type { NamedDestinationOptions } from '@spanhouse/exporter-clickhouse'
import fc from 'fast-check'
import type { SignalName } from '../../kit/numbered-records.mjs'

/** One destination and the server behind it, as a run of the model has them. It is the same for each signal. */
export interface DestinationPlan {
  readonly name: string
  readonly fsync: 'always' | 'interval' | 'never' | 'no spool'
  readonly spoolBytes: number
  readonly queueBytes: number
  readonly whenFull: 'drop_oldest' | 'drop_newest'
  readonly maxRetries: number | 'unlimited'
  readonly deadLetter: 'nowhere' | 'table' | 'directory'
  /** How many tokens the server remembers. 0: it does not deduplicate. */
  readonly window: number
  readonly asyncInsert: boolean
  /** The table exists from the beginning. */
  readonly created: boolean
  readonly codec: 'gzip' | 'br' | 'none'
  /** An INSERT of more rows is refused because of their number. */
  readonly maxRows: number
}

export interface Plan {
  readonly destinations: readonly DestinationPlan[]
  /** Each has an exporter of its own in every process. */
  readonly signals: readonly SignalName[]
  /** No process is killed or restarted, so more can be checked. */
  readonly isOneLife: boolean
  readonly acknowledge: 'delivered' | 'accepted'
}

/** More than a run has batches. */
export const LONG_WINDOW = 10_000
/** Half of it is more than an exporter has INSERTs under way at a time. */
export const SHORT_WINDOW = 12
export const DATABASE = 'telemetry'
export const DEAD_TABLE = 'dead'
export const LEASE_MS = 600
export const TIMEOUT_MS = 3000

const MOSTLY = <T>(usual: T, ...others: T[]) =>
  fc.oneof(
    { weight: 2 * others.length + 1, arbitrary: fc.constant(usual) },
    ...others.map((other) => ({ weight: 1, arbitrary: fc.constant(other) })),
  )

const destination = (name: string): fc.Arbitrary<DestinationPlan> =>
  fc
    .record({
      fsync: fc.constantFrom('always', 'interval', 'never', 'no spool', 'no spool'),
      spoolBytes: MOSTLY(1e9, 6000, 20_000),
      queueBytes: MOSTLY(1e6, 8000, 20_000),
      whenFull: MOSTLY('drop_oldest', 'drop_newest'),
      maxRetries: MOSTLY<number | 'unlimited'>('unlimited', 0, 2),
      deadLetter: MOSTLY('nowhere', 'table', 'directory'),
      window: MOSTLY(LONG_WINDOW, 0, SHORT_WINDOW),
      asyncInsert: MOSTLY(false, false, true),
      created: fc.boolean(),
      codec: MOSTLY('gzip', 'br', 'none'),
      maxRows: MOSTLY(1000, 1, 2, 3),
    })
    .map((plan) => ({ name, ...plan }) as DestinationPlan)

export const plans: fc.Arbitrary<Plan> = fc.record({
  destinations: fc
    .integer({ min: 1, max: 3 })
    .chain((count) => fc.tuple(...['a', 'b', 'c'].slice(0, count).map((name) => destination(name))))
    // Destinations that share a directory must agree on fsync.
    .map((list) => {
      const shared = list.find(({ fsync }) => fsync !== 'no spool')?.fsync ?? 'no spool'
      return list.map((one) => (one.fsync === 'no spool' ? one : { ...one, fsync: shared }))
    }),
  signals: MOSTLY<readonly SignalName[]>(
    ['traces', 'logs', 'metrics'],
    ['traces'],
    ['logs'],
    ['metrics'],
  ),
  acknowledge: MOSTLY('delivered', 'accepted'),
  isOneLife: fc.boolean(),
})

/** The options of the exporter; `mounted` is the path at which it sees the disk. */
export function optionsOf(plan: DestinationPlan, mounted: string): NamedDestinationOptions {
  const { name, fsync, spoolBytes, queueBytes, whenFull, maxRetries, deadLetter } = plan
  return {
    name,
    endpoint: `http://${name}.test:8123`,
    timeoutMs: TIMEOUT_MS,
    retry: { maxRetries, initialDelayMs: 100, maxDelayMs: 1000 },
    queue: { maxBytes: queueBytes, whenFull },
    compression: { codec: plan.codec },
    asyncInsert: plan.asyncInsert,
    ...(fsync !== 'no spool' && {
      spool: { directory: `${mounted}/spool`, fsync, maxBytes: spoolBytes, leaseMs: LEASE_MS },
    }),
    ...(deadLetter === 'table' && { deadLetter: { table: DEAD_TABLE } }),
    ...(deadLetter === 'directory' && { deadLetter: { directory: `${mounted}/dead` } }),
  }
}
