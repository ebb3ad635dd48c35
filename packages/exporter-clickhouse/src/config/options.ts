import type { MeterProvider } from '@opentelemetry/api'
import type { LogRecordLike, SpanLike } from '@spanhouse/transform'
import type { DropReason } from '../accounting/drop-reason.js'
import type { SharedOptions } from './shared-options.js'
import type { AllMetricsOptions, MetricsOptions, SampledSignalOptions } from './signal-options.js'

// `option-table.ts` holds the rules and defaults of these options, `shared-option-table.ts` those of `SharedOptions`. A test compares units and
// defaults in the docstrings with them.

/** Options that apply to every destination, or to one of them in `destinations`. `Input` is what a row of a `schema` of your own is made of. */
export interface DestinationOptions<Input = SpanLike> extends SharedOptions<Input> {
  /** Options for spans alone. */
  traces?: SampledSignalOptions<SpanLike> | undefined
  /** Options for log records alone. */
  logs?: SampledSignalOptions<LogRecordLike> | undefined
  /** Options for metrics alone. */
  metrics?: MetricsOptions | undefined
}

export interface NamedDestinationOptions<Input = SpanLike> extends DestinationOptions<Input> {
  /** Up to 64 letters, digits, `_` and `-`, for logs and statistics. */
  name: string
}

/** Options of exporter and processor. Options outside `destinations` are the defaults for all of them. */
export interface Options<Input = SpanLike> extends DestinationOptions<Input> {
  /**
   * More destinations, at most 16. The options outside this list are a destination of their own, named `primary`, if they (or a
   * file or variable) name an `endpoint`, or if this list is absent.
   */
  destinations?: readonly NamedDestinationOptions<Input>[] | undefined
  /** Options for metrics alone. */
  metrics?: AllMetricsOptions | undefined
  /**
   * When `export()` calls back: `delivered` after each destination's first attempt with the rows; `accepted` at once, so that
   * rows of several exports share a batch. Default: `delivered`.
   */
  acknowledge?: 'delivered' | 'accepted' | undefined
  /**
   * Flushes on SIGINT and SIGTERM, within `flushTimeoutMs`, before the signal ends the process. The application's own listeners
   * run as always and decide whether and how the process ends. Default: `false`.
   */
  flushOnSignal?: boolean | undefined
  /** Called when a destination loses rows, not for `filtered` ones. Errors that it throws are ignored. Default: none. */
  onDrop?: ((rows: number, reason: DropReason, destination: string) => void) | undefined
  /** Where the exporter's own metrics go. Default: the global one if `OTEL_NODE_EXPERIMENTAL_SDK_METRICS=true`, else none. */
  meterProvider?: Pick<MeterProvider, 'getMeter'> | undefined
  /** `forceFlush()` rejects after this time. In milliseconds. Default: 10,000. */
  flushTimeoutMs?: number | undefined
  /** `shutdown()` gives up on what is left after this time. In milliseconds. Default: 10,000. */
  shutdownTimeoutMs?: number | undefined
  /** How large records and their rows may be. As in OpenTelemetry, the attributes of metrics have no limits. */
  limits?:
    | {
        /** Maximum length of an attribute's text, in UTF-16 units. Default: none. */
        attributeValueLength?: number | undefined
        /** Maximum number of attributes of a span, an event, a link or a log record. Default: none. */
        attributeCount?: number | undefined
        /** Maximum number of events of a span. Default: none. */
        eventCount?: number | undefined
        /** Maximum number of links of a span. Default: none. */
        linkCount?: number | undefined
        /** A longer row is dropped (`too_large`). In bytes. Default: 8 MiB. */
        rowBytes?: number | undefined
      }
    | undefined
}
