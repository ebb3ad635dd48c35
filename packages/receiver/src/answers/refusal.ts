/** Why a request is not taken. */
export type RefusalKind = keyof typeof CODES

/** The status of each refusal in HTTP and in gRPC. Clients of OTLP repeat 429, 502, 503 and 504, and `UNAVAILABLE`; nothing else. */
const CODES = {
  malformed: { http: 400, grpc: 3 },
  unauthenticated: { http: 401, grpc: 16 },
  forbidden: { http: 403, grpc: 7 },
  unknown_path: { http: 404, grpc: 12 },
  wrong_method: { http: 405, grpc: 12 },
  too_slow: { http: 408, grpc: 4 },
  too_large: { http: 413, grpc: 8 },
  unknown_type: { http: 415, grpc: 3 },
  unknown_encoding: { http: 415, grpc: 12 },
  our_mistake: { http: 500, grpc: 13 },
  busy: { http: 503, grpc: 14 },
} as const

/** A request that is answered with an error. The message is shown to the client: one sentence, without values of its records. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly kind: RefusalKind
  /** When the client may repeat the request; undefined if that would not help. */
  readonly retryAfterSeconds: number | undefined

  constructor(kind: RefusalKind, message: string, retryAfterSeconds?: number) {
    super(message)
    this.kind = kind
    this.retryAfterSeconds = kind === 'busy' ? (retryAfterSeconds ?? 1) : undefined
  }

  get httpStatus(): number {
    return CODES[this.kind].http
  }

  get grpcStatus(): number {
    return CODES[this.kind].grpc
  }
}
