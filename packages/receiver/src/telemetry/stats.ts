import type { Stats } from '@spanhouse/exporter-clickhouse'

export type SignalName = 'traces' | 'logs' | 'metrics'

/** Requests with the same answer. */
export interface RequestCount {
  readonly signal: SignalName
  readonly protocol: 'http' | 'grpc'
  /** Of HTTP, or of gRPC. */
  readonly status: number
  readonly requests: number
}

/** What has become of the requests of one signal. */
export interface SignalStats {
  /** Records in requests that were taken; a repeated request counts once. */
  readonly records: number
  /** Of those, the ones that were reported to the client as rejected. */
  readonly rejected: number
  /** Requests that were the same as an earlier one, so their records were not taken again. */
  readonly repeats: number
  /** What has become of the rows, by destination. */
  readonly exporter: Stats
}

/** Plain JSON. */
export interface ReceiverStats {
  readonly requests: readonly RequestCount[]
  /** Bytes of bodies that are being read, or whose records are not taken yet. */
  readonly bytesInProgress: number
  readonly signals: Readonly<Record<SignalName, SignalStats>>
}
