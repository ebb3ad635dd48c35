/** A request that failed without an answer. */
export interface Failure {
  readonly error: Error
  /** The connection was new and ended without a byte of an answer; its scheme. */
  readonly unanswered?: 'http' | 'https'
}

export interface Explanation {
  readonly error: Error
  readonly fix?: string
  /** The server refused the connection itself. With TLS 1.3 that may come after the first bytes of the request. */
  readonly isRefusal?: true
}

const CA = 'Set `tls.ca` to the certificate of its authority.'
const CLIENT_CERTIFICATE =
  'Give a certificate that the server trusts, and its key, as `tls.cert` and `tls.key`.'
const USE_HTTPS = 'Begin `endpoint` with https://.'

interface Sign {
  /** Matched against the code and the message of the error. OpenSSL puts its texts in both, and they differ little between versions. */
  readonly in: RegExp
  /** Replaces the message of OpenSSL or of the HTTP parser. */
  readonly says?: string
  readonly fix: string
  readonly isRefusal?: true
}

const SIGNS: readonly Sign[] = [
  { in: /ECONNREFUSED/, fix: 'Is ClickHouse running there, and is this its HTTP port (8123)?' },
  { in: /ENOTFOUND/, fix: 'Check the host name in `endpoint`.' },
  { in: /CERT_HAS_EXPIRED/, fix: 'Renew the certificate of the server.' },
  {
    in: /DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT/,
    fix: CA,
  },
  {
    in: /ERR_TLS_CERT_ALTNAME_INVALID/,
    fix: 'Give the name in its certificate as `tls.servername`.',
  },
  {
    in: /alert.certificate.required/i,
    says: 'the server wants a client certificate',
    fix: CLIENT_CERTIFICATE,
    isRefusal: true,
  },
  {
    in: /alert.(?:unknown.ca|(?:bad|unsupported).certificate|certificate.\w+|access.denied)/i,
    says: 'the server does not trust the client certificate',
    fix: CLIENT_CERTIFICATE,
    isRefusal: true,
  },
  {
    in: /alert.handshake.failure/i,
    says: 'the server refused the TLS handshake',
    fix: `It wants a client certificate, or ciphers that Node.js does not offer. ${CLIENT_CERTIFICATE}`,
    isRefusal: true,
  },
  {
    in: /alert.protocol.version|unsupported.protocol/i,
    says: 'client and server have no version of TLS in common',
    fix: 'Allow TLS 1.2 or 1.3 on the server.',
    isRefusal: true,
  },
  {
    in: /wrong.version.number|packet.length.too.long|record.layer.failure|http.request/i,
    says: 'that port does not speak TLS',
    fix: 'Begin `endpoint` with http://, or give its HTTPS port (8443).',
    isRefusal: true,
  },
  {
    in: /HPE_INVALID_(?:CONSTANT|VERSION)/,
    says: 'the answer is not HTTP',
    fix: '`endpoint` must name the HTTP port of ClickHouse (8123).',
  },
]

const TLS_ALERT = 0x15
const SPEAKS_TLS: Sign = {
  in: /HPE_/,
  says: 'that port speaks TLS',
  fix: USE_HTTPS,
  isRefusal: true,
}

// Many servers refuse by closing the connection without an answer. If the server has answered before, that has other causes.
const FIRST_SIGNS: Readonly<Record<'http' | 'https', Sign>> = {
  http: { in: /ECONNRESET|EPIPE/, fix: `If that port speaks TLS: ${USE_HTTPS}` },
  https: {
    in: /ECONNRESET|EPIPE/,
    fix: `If the server wants a client certificate: ${CLIENT_CERTIFICATE} If that port does not speak TLS: Begin \`endpoint\` with http://.`,
  },
}

/** A network error in words for the operator, and what to do about it. `isFirst`: the server has never answered so far. */
export function explained({ error, unanswered }: Failure, isFirst: boolean): Explanation {
  const { code = '' } = error as NodeJS.ErrnoException
  const text = `${code} ${error.message}`
  const sign =
    (isTlsAlert(error) ? SPEAKS_TLS : undefined) ??
    SIGNS.find((one) => one.in.test(text)) ??
    (isFirst && unanswered ? FIRST_SIGNS[unanswered] : undefined)
  if (!sign?.in.test(text)) return { error: named(error) }
  const { says, fix, isRefusal } = sign
  return {
    error: says ? withMessage(error, says) : named(error),
    fix,
    ...(isRefusal && { isRefusal }),
  }
}

function isTlsAlert(error: Error): boolean {
  const { rawPacket } = error as { rawPacket?: Buffer }
  return rawPacket?.[0] === TLS_ALERT
}

/** If several addresses all failed, the AggregateError has no message: it gets the messages of all. */
function named(error: Error): Error {
  if (error.message !== '' || !(error instanceof AggregateError)) return error
  const messages = error.errors.map((one) => (one instanceof Error ? one.message : String(one)))
  return withMessage(error, [...new Set(messages)].join(', '))
}

function withMessage(error: Error, message: string): Error {
  const { code } = error as NodeJS.ErrnoException
  return Object.assign(new Error(message, { cause: error }), code !== undefined && { code })
}
