import type { Options } from '@spanhouse/exporter-clickhouse'

/** Options of `openReceiver()`. All are optional. */
export interface ReceiverOptions {
  /** Where the rows go: the options of the exporter. What they do not set is read from the environment (`OTEL_EXPORTER_CLICKHOUSE_*`) and its file. */
  exporter?: Options | undefined
  /** The address to listen on. Default: `127.0.0.1`. */
  host?: string | undefined
  /** The port of OTLP/HTTP; 0 for any free one, `false` for none. Default: 4318. */
  httpPort?: number | false | undefined
  /** The port of OTLP/gRPC; 0 for any free one, `false` for none. Default: 4317. */
  grpcPort?: number | false | undefined
  /**
   * Without a spool, when a request is answered: `delivered` when its rows are in ClickHouse, `accepted` when they are queued in memory, so
   * that rows of several requests share an INSERT. With a spool, a request is always answered when its rows are on disk. Default: `delivered`.
   */
  acknowledge?: 'delivered' | 'accepted' | undefined
  /** How long a request may wait for room and for its acknowledgement before it is answered with 503. In milliseconds. Default: 8000. */
  holdMs?: number | undefined
  /** Requests must carry it as `authorization: Bearer <token>`. Default: none. */
  token?: string | undefined
  /** Serves both protocols with TLS. Default: none. */
  tls?: TlsOptions | undefined
  /** Which web pages may send: their origins, such as `https://shop.example`, or `*`. Default: none. */
  cors?: { origins: readonly string[] } | undefined
  limits?: LimitOptions | undefined
}

export interface TlsOptions {
  /** Certificates, as PEM. */
  cert: string | Buffer
  /** The key, as PEM. */
  key: string | Buffer
  /** Clients must have a certificate that this authority has signed. As PEM. Default: none. */
  clientCa?: string | Buffer | undefined
}

export interface LimitOptions {
  /** Size of one request, before and after it is inflated. In bytes. Default: 64 MiB. */
  bodyBytes?: number | undefined
  /** Memory for all requests whose rows are not queued yet. In bytes. Default: 256 MiB. */
  bytesInProgress?: number | undefined
  /** Connections of each protocol. Default: 1000. */
  connections?: number | undefined
  /** How long a client may take to send one request. In milliseconds. Default: 60,000. */
  requestTimeoutMs?: number | undefined
  /** How long `close()` waits for the requests in progress, and then again for rows that are neither delivered nor on disk. In milliseconds. Default: 10,000. */
  closeTimeoutMs?: number | undefined
}
