import type { IncomingHttpHeaders } from 'node:http'

/** How long a browser may remember the answer to a preflight, in seconds. */
const MAX_AGE_SECONDS = 7200

/** Which web pages may send from a browser. */
export interface Cors {
  /** Whether a page of this origin may send. A request without an origin does not come from a page, and may. */
  allows(origin: string | undefined): boolean
  /** The headers of every answer. */
  headers(origin: string | undefined): Readonly<Record<string, string>>
  /** The further headers of the answer to a preflight. */
  preflight(headers: IncomingHttpHeaders): Readonly<Record<string, string>>
}

/** `origins`: each exactly as browsers send it, such as `https://shop.example`, or `*` for all. */
export function newCors(origins: readonly string[]): Cors {
  const all = origins.includes('*')
  const allows = (origin: string | undefined) =>
    origin === undefined || all || origins.includes(origin)
  return {
    allows,
    headers(origin) {
      if (origins.length === 0) return {}
      if (origin === undefined || !allows(origin)) return { vary: 'origin' }
      return {
        vary: 'origin',
        'access-control-allow-origin': all ? '*' : origin,
        'access-control-expose-headers': 'retry-after',
      }
    },
    preflight: (headers) => ({
      'access-control-allow-methods': 'POST',
      // Pages send tokens and headers of their own.
      'access-control-allow-headers':
        headers['access-control-request-headers'] ?? 'content-type, content-encoding',
      'access-control-max-age': String(MAX_AGE_SECONDS),
    }),
  }
}
