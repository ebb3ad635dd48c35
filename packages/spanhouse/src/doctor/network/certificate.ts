import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import {
  checkServerIdentity,
  connect,
  type DetailedPeerCertificate,
  type TLSSocket,
} from 'node:tls'
import { type DestinationConfig, errorText, explained } from '#exporter'
import { type Check, duration, type Found, ok, problem, skipped, warning } from '../check.js'
import type { Facts } from '../facts.js'
import { hostOf, portOf } from './addresses.js'

const SOON_MS = 21 * 86_400_000
const HANDSHAKE_MS = 6000

export const tls: Check<Facts> = {
  id: 'tls',
  title: 'certificate',
  needs: ['tcp'],
  async run({ destination, env }, signal) {
    if (destination.endpoint.protocol !== 'https:') return [skippedOf(destination)]
    const shaken = await handshake(destination, signal)
    if ('error' in shaken) {
      const { error, fix } = explained({ error: shaken.error, unanswered: 'https' }, true)
      return [problem(errorText(error), fix)]
    }
    const { certificate, untrusted, protocol } = shaken
    const isChecked =
      destination.tls.rejectUnauthorized !== false && env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0'
    return [
      ...certificateFindings(destination, certificate, isChecked ? untrusted : undefined, protocol),
      ...(isChecked
        ? []
        : [
            warning(
              'the certificate is not checked, so anybody on the way can read the rows and the password',
              'Set `tls.ca` instead of switching `tls.rejectUnauthorized` or NODE_TLS_REJECT_UNAUTHORIZED off.',
            ),
          ]),
      ...clientFindings(destination),
    ]
  },
}

/** Without TLS there is nothing to check, which must not stop what follows. */
function skippedOf({ endpoint }: DestinationConfig): Found {
  return ok(`not used: the endpoint begins with ${endpoint.protocol}//`)
}

type Shaken =
  | { readonly error: Error }
  | {
      readonly certificate: DetailedPeerCertificate
      readonly untrusted: Error | undefined
      readonly protocol: string
    }

function handshake(destination: DestinationConfig, signal: AbortSignal): Promise<Shaken> {
  const { tls: options } = destination
  const host = hostOf(destination)
  const name = options.servername ?? (isIP(host) ? '' : host)
  return new Promise((resolve) => {
    let socket: TLSSocket | undefined
    const end = (shaken: Shaken) => {
      socket?.destroy()
      resolve(shaken)
    }
    try {
      socket = connect(
        {
          ...options,
          host,
          port: portOf(destination),
          servername: name,
          rejectUnauthorized: false,
        },
        () => {
          if (!socket) return
          const certificate = socket.getPeerCertificate(true)
          const wrongName = checkServerIdentity(options.servername ?? host, certificate)
          const untrusted = socket.authorized ? wrongName : asError(socket.authorizationError)
          end({ certificate, untrusted, protocol: socket.getProtocol() ?? 'TLS' })
        },
      )
      socket.setTimeout(HANDSHAKE_MS, () =>
        end({ error: new Error('no complete answer to the TLS handshake') }),
      )
      socket.once('error', (error) => end({ error }))
      signal.addEventListener('abort', () => end({ error: new Error('ended') }), { once: true })
    } catch (error) {
      end({ error: error as Error }) // a key or certificate of ours that cannot be used
    }
  })
}

// Node.js gives the code of OpenSSL as a string here.
function asError(error: Error | string | undefined): Error {
  if (error instanceof Error) return error
  const code = String(error)
  return Object.assign(new Error(code.toLowerCase().replaceAll('_', ' ')), { code })
}

function certificateFindings(
  destination: DestinationConfig,
  certificate: DetailedPeerCertificate,
  untrusted: Error | undefined,
  protocol: string,
): Found[] {
  const { subject, issuer, valid_to: end = '', valid_from: begin = '' } = certificate
  const leftMs = Date.parse(end) - Date.now()
  const days = new Date(Date.parse(end) || 0).toISOString().slice(0, 10)
  if (untrusted && (untrusted as NodeJS.ErrnoException).code !== 'CERT_HAS_EXPIRED') {
    const { error, fix } = explained({ error: untrusted }, true)
    if (!(Date.parse(begin) > Date.now())) return [problem(errorText(error), fix)]
  }
  if (Date.parse(begin) > Date.now())
    return [
      problem(`the certificate is valid only from ${begin}`, 'Check the clock of this machine.'),
    ]
  if (leftMs < 0) {
    const expired = `the certificate expired on ${days}`
    const isRefused = untrusted !== undefined
    return [isRefused ? problem(expired, RENEW) : warning(expired, RENEW)]
  }
  const from = issuer?.O ?? issuer?.CN ?? 'an unnamed authority'
  const text = `${protocol}, ${subject?.CN ?? hostOf(destination)} from ${from}, valid until ${days}`
  if (leftMs < SOON_MS) return [warning(`${text}: ${duration(leftMs)} are left`, RENEW)]
  return [ok(text)]
}

const RENEW = 'Renew the certificate of the server.'

function clientFindings({ tls: { cert, key } }: DestinationConfig): Found[] {
  if (cert === undefined) return []
  try {
    const certificate = new X509Certificate(cert)
    const leftMs = Date.parse(certificate.validTo) - Date.now()
    const days = new Date(certificate.validTo).toISOString().slice(0, 10)
    const fix = 'Renew the client certificate (`tls.cert`).'
    if (leftMs < 0) return [problem(`the client certificate expired on ${days}`, fix)]
    if (leftMs < SOON_MS) return [warning(`the client certificate expires on ${days}`, fix)]
    return [ok(`client certificate, valid until ${days}`)]
  } catch {
    return [skipped(`the client certificate cannot be read${key === undefined ? '' : ' here'}`)]
  }
}
