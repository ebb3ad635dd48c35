/** A request that got no answer. */
export interface Failure {
  readonly error: Error
  /** A new connection ended without a byte of a reply. The value is its scheme. */
  readonly unanswered?: 'http' | 'https'
}

export interface Explanation {
  readonly error: Error
  readonly fix?: string
  /** The server refused the connection itself, so it has no row. With TLS 1.3 that may come after the first bytes of the request. */
  readonly isRefusal?: true
}

const CA = 'Set `tls.ca` to the certificate of the authority that signed it.'
const CLIENT_CERTIFICATE =
  'Set `tls.cert` and `tls.key` to a certificate that the server trusts, and its key.'
const WAY = 'Check the host and port in `endpoint`, and the firewalls on the way.'
const USE_HTTPS = 'Begin `endpoint` with https://.'

interface Sign {
  /** Matched against the error's code and message. OpenSSL puts its texts in both, and they differ little between versions. */
  readonly matches: RegExp
  /** Shown instead of the message of OpenSSL or of the HTTP parser. */
  readonly says?: string
  readonly fix: string
  readonly isRefusal?: true
}

const SIGNS: readonly Sign[] = [
  {
    matches: /ECONNREFUSED/,
    fix: 'Is ClickHouse running there, and is this its HTTP port (8123)?',
  },
  { matches: /ENOTFOUND|EAI_AGAIN/, fix: 'Check the host name in `endpoint`.' },
  { matches: /EHOSTUNREACH|ENETUNREACH|ETIMEDOUT/, fix: WAY },
  { matches: /CERT_HAS_EXPIRED/, fix: 'Renew the certificate of the server.' },
  {
    matches:
      /DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT/,
    fix: CA,
  },
  {
    matches: /ERR_TLS_CERT_ALTNAME_INVALID/,
    fix: 'Set `tls.servername` to the name in its certificate.',
  },
  {
    matches: /alert.certificate.required/i,
    says: 'the server wants a client certificate',
    fix: CLIENT_CERTIFICATE,
    isRefusal: true,
  },
  {
    matches: /alert.(?:unknown.ca|(?:bad|unsupported).certificate|certificate.\w+|access.denied)/i,
    says: 'the server does not trust the client certificate',
    fix: CLIENT_CERTIFICATE,
    isRefusal: true,
  },
  {
    matches: /alert.handshake.failure/i,
    says: 'the server refused the TLS handshake',
    fix: `It requires a client certificate, or ciphers that Node.js does not offer. ${CLIENT_CERTIFICATE}`,
    isRefusal: true,
  },
  {
    matches: /alert.protocol.version|unsupported.protocol/i,
    says: 'client and server have no version of TLS in common',
    fix: 'Allow TLS 1.2 or 1.3 on the server.',
    isRefusal: true,
  },
  {
    matches: /wrong.version.number|packet.length.too.long|record.layer.failure|http.request/i,
    says: 'that port does not speak TLS',
    fix: 'Begin `endpoint` with http://, or give its HTTPS port (8443).',
    isRefusal: true,
  },
  {
    matches: /HPE_INVALID_(?:CONSTANT|VERSION)/,
    says: 'the answer is not HTTP',
    fix: '`endpoint` must name the HTTP port of ClickHouse (8123).',
  },
]

const TLS_ALERT = 0x15
const SPEAKS_TLS: Sign = {
  matches: /HPE_/,
  says: 'that port speaks TLS',
  fix: USE_HTTPS,
  isRefusal: true,
}

// Many servers refuse a client by closing the connection without an answer. If the server has answered before, the cause is another.
const FIRST_SIGNS: Readonly<Record<'http' | 'https', Sign>> = {
  http: {
    matches: /ECONNRESET|EPIPE/,
    fix: 'If that port speaks TLS, begin `endpoint` with https://.',
  },
  https: {
    matches: /ECONNRESET|EPIPE/,
    fix: `If the server wants a client certificate: ${CLIENT_CERTIFICATE} If that port does not speak TLS, begin \`endpoint\` with http://.`,
  },
}

// A server that has answered before is only slow.
const SILENT: Sign = {
  matches: /no complete answer/,
  fix: `${WAY} If the server is slow, raise \`timeoutMs\`.`,
}

/** Explains a network error to the operator, and says what to do about it. `isFirst`: the server has never answered so far. */
export function explained({ error, unanswered }: Failure, isFirst: boolean): Explanation {
  const { code = '' } = error as NodeJS.ErrnoException
  const text = `${code} ${error.message}`
  const sign =
    (isTlsAlert(error) ? SPEAKS_TLS : undefined) ??
    SIGNS.find((one) => one.matches.test(text)) ??
    (isFirst ? (unanswered ? FIRST_SIGNS[unanswered] : SILENT) : undefined)
  if (!sign?.matches.test(text)) return { error: named(error) }
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

/** If several addresses were tried and all failed, the AggregateError has no message of its own, so it gets all of theirs. */
function named(error: Error): Error {
  if (error.message !== '' || !(error instanceof AggregateError)) return error
  const messages = error.errors.map((one) => (one instanceof Error ? one.message : String(one)))
  return withMessage(error, [...new Set(messages)].join(', '))
}

function withMessage(error: Error, message: string): Error {
  const { code } = error as NodeJS.ErrnoException
  return Object.assign(new Error(message, { cause: error }), code !== undefined && { code })
}
