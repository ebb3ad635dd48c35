import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** 128 random bits. */
export function newToken(): string {
  return randomBytes(16).toString('hex')
}

/** Whoever may ask, and how we know them again. */
export interface Guard {
  /** Why the request is not for us, as a sentence; undefined if it is. */
  refusal(request: IncomingMessage): string | undefined
  isToken(text: string | null): boolean
  /**
   * A token for one visit within a minute: for a browser's command line, which other users of the machine can read. A new one ends the one
   * before it.
   */
  newTicket(): string
  /** Whether it is the ticket. The next time it is none. */
  takeTicket(text: string | null): boolean
  hasCookie(request: IncomingMessage): boolean
  /** The value of Set-Cookie. */
  readonly cookie: string
}

const NAMES = ['127.0.0.1', 'localhost', '[::1]']
const TICKET_MS = 60_000

/** Other sites reach us through the user's browser: under a name of theirs (DNS rebinding), or with the user's cookie. */
export function newGuard(token: string, port: number): Guard {
  const withPort = NAMES.map((name) => `${name}:${port}`)
  // Browsers leave the default port out.
  const hosts = port === 80 ? [...withPort, ...NAMES] : withPort
  const origins = hosts.map((host) => `http://${host}`)
  // The port is in the name: cookies do not tell ports apart.
  const name = `spanhouse_${port}`
  const wanted = digest(token)
  const isEqual = (text: string | null, to: Buffer) =>
    text !== null && text.length < 200 && timingSafeEqual(digest(text), to)
  const isToken = (text: string | null) => isEqual(text, wanted)
  let ticket: { digest: Buffer; until: number } | undefined
  return {
    refusal({ headers }) {
      const { host = '', origin } = headers
      const site = headers['sec-fetch-site']
      if (!hosts.includes(host.toLowerCase())) return 'The page has another address.'
      if (origin !== undefined && !origins.includes(origin.toLowerCase()))
        return 'Another site may not ask here.'
      if (site !== undefined && site !== 'same-origin' && site !== 'none')
        return 'Another site may not lead here: open the address in a new tab.'
      return undefined
    },
    isToken,
    newTicket() {
      const text = newToken()
      ticket = { digest: digest(text), until: performance.now() + TICKET_MS }
      return text
    },
    takeTicket(text) {
      if (!ticket || !isEqual(text, ticket.digest)) return false
      const isValid = performance.now() < ticket.until
      ticket = undefined
      return isValid
    },
    hasCookie: ({ headers }) =>
      (headers.cookie ?? '')
        .split(';')
        .map((one) => one.trim().split('='))
        .some(([key, value]) => key === name && isToken(value ?? '')),
    cookie: `${name}=${token}; Path=/; HttpOnly; SameSite=Strict`,
  }
}

/** Texts of different lengths cannot be compared in constant time; their digests can. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
