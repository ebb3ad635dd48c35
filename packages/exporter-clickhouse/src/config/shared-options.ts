import type { Agent } from 'node:http'
import type { Promotion, Table } from '@spanhouse/transform'
import type { Signal } from './config.js'
import type { DestinationRouting } from './routing-options.js'

/** Options that all signals of a destination share. `Input` is what a row of a `schema` of your own is made of. */
export interface SharedOptions<Input> extends DestinationRouting<Input> {
  /**
   * URL of ClickHouse's HTTP interface. A path is kept. A user and password in it are sent as headers; its query may carry other
   * options and ClickHouse settings. Default: `http://localhost:8123`.
   */
  endpoint?: string | undefined
  /**
   * URLs of several hosts of one ClickHouse: replicas, shards, or nodes behind which a `Distributed` table is. Each batch goes to one of
   * them. Only the first may carry a user, a password or options; log lines name it. `endpoint` beside it in the same place is one more
   * host, the first. The strongest place that gives one of the two decides both. Default: `endpoint` alone.
   */
  endpoints?: readonly string[] | undefined
  /**
   * Which host a batch goes to first: the first of the list that answers, each in turn, or any. If it is given, or if there are several
   * `endpoints`, a name with several addresses of one kind stands for as many hosts. Default: `in_order`.
   */
  endpointOrder?: 'in_order' | 'round_robin' | 'random' | undefined
  /** Database of the tables. Default: that of the schema, `telemetry` for `flat`, `default` for `otel` and `otel_json`. */
  database?: string | undefined
  /** Table of the exporter's own signal; in a file, variable or URL, that of the spans. Default: that of the schema, such as `traces`. */
  table?: string | undefined
  /** User of ClickHouse. Default: `default`. */
  username?: string | undefined
  /** Password of the user. It is sent as a header, never in a URL. Default: none. */
  password?: string | undefined
  /**
   * Columns of the tables: `flat`, `otel` (the OpenTelemetry Collector's tables), `otel_json` (those with JSON columns), or a table of your own from `defineTable`, which is for
   * the exporter's own signal. Default: `flat`.
   */
  schema?: 'flat' | 'otel' | 'otel_json' | Table<Input> | undefined
  /**
   * Attributes of the record that get a column of their own: names, or `{ attribute, column, type }`, in a variable as a list in JSON. The
   * column is called after the attribute, `http_route`, and is a `String`, unless it says otherwise. An empty list, `[]`, is for a destination
   * or signal that shall not have those of the others. Default: none.
   */
  promote?: readonly Promotion[] | undefined
  /**
   * Whether promoted attributes stay in the map of attributes as well. With `false`, those that their column cannot hold as they are stay
   * all the same. Default: `true`.
   */
  keepPromoted?: boolean | undefined
  /** Deadline of one request and its whole answer. In milliseconds. Default: 10,000. */
  timeoutMs?: number | undefined
  /** A batch is sealed when it reaches the first of these limits. */
  batch?:
    | {
        /** Maximum number of rows. Default: 10,000. */
        maxRows?: number | undefined
        /** Size before compression, at most half of `queue.maxBytes`. In bytes. Default: 8 MiB. */
        maxBytes?: number | undefined
        /** Age of the oldest row. In milliseconds. Default: 1000. */
        maxDelayMs?: number | undefined
      }
    | undefined
  /** How the body of a request is compressed. */
  compression?:
    | {
        /**
         * `gzip` has a checksum, so the server refuses every damaged or cut body. `br` (brotli) costs half the CPU; a cut body is
         * refused, but only TLS and TCP notice flipped bits. Default: `gzip`.
         */
        codec?: 'gzip' | 'br' | 'none' | undefined
        /** 1 (fastest) to 9. Default: 3 for `gzip`, 1 for `br`. */
        level?: number | undefined
        /** Smaller bodies are not compressed, and so have no checksum. In bytes. Default: 0. */
        thresholdBytes?: number | undefined
      }
    | undefined
  /** How often and when a batch is sent again after a failure. */
  retry?:
    | {
        /** Attempts after the first. Then the batch is dropped and counted. Default: `unlimited`. */
        maxRetries?: number | 'unlimited' | undefined
        /** Wait before the first retry. In milliseconds. Default: 1000. */
        initialDelayMs?: number | undefined
        /** Factor by which the wait grows with each retry. Default: 2. */
        multiplier?: number | undefined
        /** Longest wait before a retry. In milliseconds. Default: 5000. */
        maxDelayMs?: number | undefined
      }
    | undefined
  /** Batches that wait in memory. */
  queue?:
    | {
        /** Memory for the batches of a destination. In bytes. Default: 64 MiB. */
        maxBytes?: number | undefined
        /** Which rows are dropped when the queue is full. Default: `drop_oldest`. */
        whenFull?: 'drop_oldest' | 'drop_newest' | undefined
      }
    | undefined
  /**
   * Keeps batches on disk from before their first attempt until they are delivered, and takes over those of a process that has
   * died. Several processes may share the directory. Default: none, batches are in memory only.
   */
  spool?:
    | {
        /** Where the files are. Required. */
        directory?: string | undefined
        /** Disk space for each destination. In bytes. Default: 1 GiB. */
        maxBytes?: number | undefined
        /**
         * When a batch is synced to disk: `always` before it is acknowledged (survives a power failure), `interval` within a
         * second, `never` when the system decides (both survive the end of the process). Default: `interval`.
         */
        fsync?: 'always' | 'interval' | 'never' | undefined
        /** A process that gives no sign of life for this long counts as dead. In milliseconds. Default: 15,000. */
        leaseMs?: number | undefined
      }
    | undefined
  /** Where rows go that ClickHouse refuses for good. Default: nowhere, they are counted as `rejected`. */
  deadLetter?:
    | {
        /** Directory for NDJSON files, one for each destination, with mode 0600. */
        directory: string
        /** Disk space for each destination. Beyond it, rows are counted as `rejected`. In bytes. Default: 64 MiB. */
        maxBytes?: number | undefined
      }
    | {
        /** A table in the destination's database. */
        table: string
      }
    | undefined
  /**
   * For many small writers: the server collects their rows (`async_insert=1`) and writes fewer parts. Gives up deduplication: a
   * retry after a lost answer may store rows twice. Default: `false`.
   */
  asyncInsert?: boolean | undefined
  /**
   * `create` creates a missing database or table when the server first reports it. It adds a missing column of ours when the server
   * refuses rows for the lack of it, and, after the first success, missing indexes of ours to a table that the exporter has created. It
   * never changes or drops anything. `validate` creates and adds nothing, compares the columns after the first success, and warns of differences. `off` does
   * neither. Except with `off`, the columns of a table that refuses ours are compared at once. Default: `create`.
   */
  manageSchema?: 'create' | 'validate' | 'off' | undefined
  /** Age at which rows are deleted, in tables that the exporter creates. In seconds. Default: never. */
  ttl?: number | undefined
  /** Other ages for some rows, and when rows move to other storage, in tables that the exporter creates. */
  retention?:
    | {
        /** Names of services, and the ages at which their rows are deleted, such as `{ audit: 31_536_000 }`. Default: none. */
        services?: Record<string, number> | undefined
        /** Conditions in SQL, and the ages at which rows that fulfil one are deleted. The first decides, after `services`. Default: none. */
        where?: Record<string, number> | undefined
        /** Age at which rows move to a volume or disk. In seconds. Default: never. */
        moveAfter?: number | undefined
        /** Volume that they move to. Default: none. */
        moveToVolume?: string | undefined
        /** Disk that they move to, instead of a volume. Default: none. */
        moveToDisk?: string | undefined
        /** Storage policy of the tables, which has that volume or disk. Default: that of the server. */
        storagePolicy?: string | undefined
      }
    | undefined
  /** Name of a cluster: the exporter creates its tables on all servers of it (`ON CLUSTER`). Default: none. */
  cluster?: string | undefined
  /**
   * Engine of the tables that the exporter creates, as SQL text. With `cluster`, `ReplicatedMergeTree` without arguments gets a path and a
   * name made of the server's macros `{shard}` and `{replica}`. A path of your own needs `{table}` or `{uuid}`. Default: `MergeTree`.
   */
  engine?: string | undefined
  /**
   * Creates a `Distributed` table of the table's name on `cluster`, over local tables. Default: none.
   */
  distributed?:
    | {
        /** Name of the local tables; `{table}` stands for the name of the Distributed one. Default: `{table}_local`. */
        table?: string | undefined
        /** SQL text that decides which shard a row goes to. Default: a hash of the trace id, so that a trace is on one shard. */
        shardingKey?: string | undefined
        /**
         * Into which table rows are inserted. `distributed`: the server spreads each batch over all shards, and answers when each of them has
         * its rows. `local`: a batch stays on the host that is asked, and no shard waits for another. Default: `distributed`.
         */
        insertInto?: 'distributed' | 'local' | undefined
      }
    | undefined
  /** For `https:` endpoints. `ca`, `cert` and `key` are PEM texts. */
  tls?:
    | {
        /** Certificates of the authorities to trust. Default: those of Node.js. */
        ca?: string | undefined
        /** Certificate of the client. Needs `key`. Default: none. */
        cert?: string | undefined
        /** Private key of the client. Needs `cert`. Default: none. */
        key?: string | undefined
        /** Name that the server's certificate must have. Default: the endpoint's host. */
        servername?: string | undefined
        /** Whether a server without a valid certificate is refused. Default: `true`. */
        rejectUnauthorized?: boolean | undefined
      }
    | undefined
  /** Sent with every request, for example for a proxy. Default: none. */
  headers?: Record<string, string> | undefined
  /** ClickHouse settings sent with every INSERT. Default: none. */
  settings?: Record<string, string | number | boolean> | undefined
  /**
   * An agent to use instead of the exporter's own, of `node:http` or `node:https`, whichever fits the endpoint. Default: none.
   */
  agent?: Agent | undefined
  /** The signals that a destination takes: `traces`, `logs`, `metrics`. Default: all. */
  signals?: readonly Signal[] | undefined
}
