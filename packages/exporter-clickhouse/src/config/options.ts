import type { Agent } from 'node:http'
import type { MeterProvider } from '@opentelemetry/api'
import type { SpanLike, Table } from '@spanhouse/transform'
import type { DropReason } from '../accounting/drop-reason.js'

/** What may be said of every destination alike, or of one of them in `destinations`. */
export interface DestinationOptions {
  /** ClickHouse's HTTP interface; a path is kept, user and password in it are moved to headers. Default: `http://localhost:8123`. */
  endpoint?: string | undefined
  /** Default: the schema's own, `telemetry` for `flat`, `default` for `otel`. */
  database?: string | undefined
  /** Default: the schema's own, `traces` for `flat`, `otel_traces` for `otel`. */
  table?: string | undefined
  /** Default: `default`. */
  username?: string | undefined
  /** Default: none. */
  password?: string | undefined
  /** `flat` (default), `otel` (the OpenTelemetry Collector's table), or a table of your own from `defineTable`. */
  schema?: 'flat' | 'otel' | Table<SpanLike> | undefined
  /** Deadline of one whole exchange with the server, in milliseconds. Default: 10,000. */
  timeoutMs?: number | undefined
  /** When a batch is sealed: whichever limit is met first. */
  batch?:
    | {
        /** Default: 10,000. */
        maxRows?: number | undefined
        /** Bytes before compression; at most half of `queue.maxBytes`. Default: 8 MiB. */
        maxBytes?: number | undefined
        /** Age of the oldest row, in milliseconds. Default: 1000. */
        maxDelayMs?: number | undefined
      }
    | undefined
  compression?:
    | {
        /**
         * Default: `gzip`, whose checksum makes a damaged or cut body certain to be refused. `br` (brotli) costs half the
         * CPU; a cut body is refused, flipped bits may not be: that is left to TLS and TCP.
         */
        codec?: 'gzip' | 'br' | 'none' | undefined
        /** 1 (fastest) to 9. Default: 3 for `gzip`, 1 for `br`. */
        level?: number | undefined
        /** Bodies of fewer bytes go uncompressed, and so unprotected. Default: 0. */
        thresholdBytes?: number | undefined
      }
    | undefined
  retry?:
    | {
        /** Attempts after the first; then the batch is dropped and counted. Default: `unlimited`. */
        maxRetries?: number | 'unlimited' | undefined
        /** Default: 1000. */
        initialDelayMs?: number | undefined
        /** Default: 2. */
        multiplier?: number | undefined
        /** Default: 5000. */
        maxDelayMs?: number | undefined
      }
    | undefined
  queue?:
    | {
        /** Bytes this destination may hold in memory. Default: 64 MiB. */
        maxBytes?: number | undefined
        /** Which rows make room. Default: `drop_oldest`. */
        whenFull?: 'drop_oldest' | 'drop_newest' | undefined
      }
    | undefined
  /**
   * Keeps batches on disk from before their first attempt until they are delivered, and takes over what
   * a process that died has left. Several processes may share the directory. Default: none, memory only.
   */
  spool?:
    | {
        directory?: string | undefined
        /** Per destination. Default: 1 GiB. */
        maxBytes?: number | undefined
        /**
         * When the disk must have it: `always` before the acknowledgement (survives a power cut),
         * `interval` within a second, `never` by the system's own time (both survive the process). Default: `interval`.
         */
        fsync?: 'always' | 'interval' | 'never' | undefined
        /** A process without a sign of life for so long is taken for dead. Default: 15,000 ms. */
        leaseMs?: number | undefined
      }
    | undefined
  /** Where rows go that ClickHouse will never take. Default: nowhere, they are counted as `rejected`. */
  deadLetter?:
    | {
        /** NDJSON files, one a destination, mode 0600. */
        directory: string
        /** Per destination; then rows are counted as `rejected`. Default: 64 MiB. */
        maxBytes?: number | undefined
      }
    | {
        /** A table in the destination's database. */
        table: string
      }
    | undefined
  /**
   * For fleets of small writers: the server gathers their rows (`async_insert=1`) and makes fewer parts.
   * Gives up deduplication: a retry after a lost answer may store rows twice. Default: false.
   */
  asyncInsert?: boolean | undefined
  /** `create` (default) creates a missing database or table on the first answer that says so; `validate` creates nothing, compares the columns after the first success, and warns; `off` does neither. Except with `off`, a table that refuses our columns is compared at once. */
  manageSchema?: 'create' | 'validate' | 'off' | undefined
  /** Seconds after which rows of tables that we create are deleted. Default: never. */
  ttl?: number | undefined
  /** For `https:` endpoints; PEM texts. */
  tls?:
    | {
        ca?: string | undefined
        cert?: string | undefined
        key?: string | undefined
        servername?: string | undefined
        /** Default: true. */
        rejectUnauthorized?: boolean | undefined
      }
    | undefined
  /** Sent with every request, e.g. for a proxy. */
  headers?: Record<string, string> | undefined
  /** ClickHouse settings sent with every INSERT. */
  settings?: Record<string, string | number | boolean> | undefined
  /** Your own agent instead of ours, of `node:http` or `node:https` to fit the endpoint. */
  agent?: Agent | undefined
}

export interface NamedDestinationOptions extends DestinationOptions {
  /** Letters, digits, `_` and `-`; stands in logs and statistics. */
  name: string
}

/** Options of exporter and processor. Options outside `destinations` are the defaults for all of them. */
export interface Options extends DestinationOptions {
  /**
   * More destinations. The flat options are a destination of their own, named `primary`,
   * if they (or the environment) name an `endpoint` or this list is absent. At most 16.
   */
  destinations?: readonly NamedDestinationOptions[] | undefined
  /**
   * When `export()` calls back: `delivered` (default), after each destination's first attempt with
   * the rows; `accepted`, at once, so that rows gather across exports.
   */
  acknowledge?: 'delivered' | 'accepted' | undefined
  /**
   * Flushes on SIGINT and SIGTERM, within `flushTimeoutMs`, before the signal ends the process. The application's own listeners
   * run as always and decide whether and how it ends. Default: false.
   */
  flushOnSignal?: boolean | undefined
  /** Called when rows are given up, per destination. What it throws is ignored. */
  onDrop?: ((rows: number, reason: DropReason, destination: string) => void) | undefined
  /**
   * Where the exporter's own metrics go. Default: the global one if `OTEL_NODE_EXPERIMENTAL_SDK_METRICS=true`,
   * else none.
   */
  meterProvider?: Pick<MeterProvider, 'getMeter'> | undefined
  /** `forceFlush()` rejects after this. Default: 10,000. */
  flushTimeoutMs?: number | undefined
  /** `shutdown()` gives up on what is left after this. Default: 10,000. */
  shutdownTimeoutMs?: number | undefined
  limits?:
    | {
        /** UTF-16 units of an attribute's text. Default: none. */
        attributeValueLength?: number | undefined
        /** Per span, event and link. Default: none. */
        attributeCount?: number | undefined
        /** Per span. Default: none. */
        eventCount?: number | undefined
        /** Per span. Default: none. */
        linkCount?: number | undefined
        /** A longer row is dropped (`too_large`). Default: 8 MiB. */
        rowBytes?: number | undefined
      }
    | undefined
}
