/** How far a request came that failed without an answer. */
export interface Failure {
  readonly error: Error
  /** Of a connection that was new, and ended without a byte of an answer. */
  readonly unanswered?: 'http' | 'https' | undefined
}

const CA = 'Give its authority as `tls.ca`.'
const CLIENT_CERTIFICATE =
  'Give a certificate that the server trusts, and its key, as `tls.cert` and `tls.key`.'
const NO_HTTP =
  'What answers there speaks no HTTP: `endpoint` must name the HTTP port of ClickHouse (8123).'

interface Sign {
  /** In the code or the message of the error. */
  readonly in: RegExp
  /** Instead of the message, where that is OpenSSL's or a parser's. */
  readonly says?: string
  readonly fix: string
}

// OpenSSL's texts for alerts differ between versions, and where Node gives a code of its own it holds the same words.
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
    in: /ALERT_CERTIFICATE_REQUIRED|alert certificate required|alert number 116/i,
    says: 'the server wants a client certificate',
    fix: CLIENT_CERTIFICATE,
  },
  {
    in: /ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_\w+|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)|alert (?:unknown ca|bad certificate|certificate \w+|unsupported certificate|access denied)/i,
    says: 'the server does not trust the client certificate',
    fix: CLIENT_CERTIFICATE,
  },
  {
    in: /ALERT_HANDSHAKE_FAILURE|alert handshake failure/i,
    says: 'the server refused the TLS handshake',
    fix: `It wants a client certificate, or ciphers that this Node.js does not offer. ${CLIENT_CERTIFICATE}`,
  },
  {
    in: /ALERT_PROTOCOL_VERSION|alert protocol version|UNSUPPORTED_PROTOCOL|unsupported protocol/i,
    says: 'server and client have no version of TLS in common',
    fix: 'Allow TLS 1.2 or 1.3 on the server (an `agent` of yours may set `minVersion` and `maxVersion`).',
  },
  {
    in: /WRONG_VERSION_NUMBER|wrong version number|PACKET_LENGTH_TOO_LONG|packet length too long|ERR_SSL_HTTP_REQUEST|record layer failure/i,
    says: 'that port does not speak TLS',
    fix: 'Begin `endpoint` with http://, or name the port of HTTPS (8443).',
  },
  { in: /HPE_/, says: 'the answer is no HTTP', fix: NO_HTTP },
]

/** A network error as an operator can read it, and what to do about it. */
export function explained(
  { error, unanswered }: Failure,
  isFirst: boolean,
): { error: Error; fix?: string } {
  const { code = '' } = error as NodeJS.ErrnoException
  const sign = SIGNS.find((one) => one.in.test(`${code} ${error.message}`))
  if (sign) {
    const { says, fix } = sign
    const speaksTls = isTlsAlert(error)
    if (speaksTls) return { error: plain(error, 'that port speaks TLS'), fix: USE_HTTPS }
    return { error: says ? plain(error, says) : named(error), fix }
  }
  if (/before secure TLS connection was established/.test(error.message))
    return {
      error: plain(error, 'the server ended the TLS handshake'),
      ...(isFirst && {
        fix: `Does that port speak TLS? Does the server want a client certificate? If so: ${CLIENT_CERTIFICATE}`,
      }),
    }
  const isHint = isFirst && /ECONNRESET|EPIPE/.test(code)
  if (isHint && unanswered === 'https')
    return {
      error: named(error),
      fix: `If the server wants a client certificate: ${CLIENT_CERTIFICATE}`,
    }
  if (isHint && unanswered === 'http')
    return { error: named(error), fix: `If that port speaks TLS: ${USE_HTTPS}` }
  return { error: named(error) }
}

const USE_HTTPS = 'Begin `endpoint` with https://.'
const TLS_ALERT = 0x15

function isTlsAlert(error: Error): boolean {
  const { rawPacket } = error as { rawPacket?: Buffer }
  return rawPacket?.[0] === TLS_ALERT
}

function plain(error: Error, message: string): Error {
  const { code } = error as NodeJS.ErrnoException
  return Object.assign(new Error(message, { cause: error }), code !== undefined && { code })
}

/** Of an error of several addresses (AggregateError), whose message is empty, the messages of all. */
function named(error: Error): Error {
  if (error.message !== '' || !(error instanceof AggregateError)) return error
  const messages = error.errors.map((one) => (one instanceof Error ? one.message : String(one)))
  return plain(error, [...new Set(messages)].join(', '))
}
