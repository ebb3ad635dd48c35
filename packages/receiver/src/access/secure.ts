/** Certificates of a server. */
export interface Certificates {
  readonly cert: string | Buffer
  readonly key: string | Buffer
  readonly clientCa?: string | Buffer | undefined
}

const HANDSHAKE_MS = 10_000

/** The options of node:tls. A client certificate is asked for if there is an authority for them. */
export function secureOptions({ cert, key, clientCa }: Certificates): object {
  return {
    cert,
    key,
    handshakeTimeout: HANDSHAKE_MS,
    ...(clientCa !== undefined && { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
  }
}
