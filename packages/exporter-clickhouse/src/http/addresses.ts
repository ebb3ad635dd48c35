import type { LookupFunction } from 'node:net'
import { valueWithin } from '../common/deadline.js'
import { lookUpAll } from './look-up.js'

/** One address of a name. Requests to it still carry the name, in `Host` and for TLS. */
export interface Address {
  readonly address: string
  readonly family: number
}

// getaddrinfo may wait for a name server for a long time.
const DEADLINE_MS = 2000

/**
 * The addresses of a name, if it has several of one kind. A name with one IPv4 and one IPv6 address is one host, and Node.js finds out which
 * of the two works. Empty for it, for an address, and if there is no answer. Undefined means "as before": the name server failed.
 */
export async function severalAddresses(hostname: string): Promise<readonly Address[] | undefined> {
  const { isIP } = process.getBuiltinModule('node:net')
  const name = hostname.replace(/^\[|\]$/g, '')
  if (isIP(name) !== 0) return []
  const found = await valueWithin(DEADLINE_MS, () => lookUpAll(name).catch(() => undefined), {
    ref: false,
  })
  if (found === undefined) return undefined
  const [first] = found
  const kinds = [first?.family, first?.family === 4 ? 6 : 4]
  const byKind = kinds.map((kind) => found.filter(({ family }) => family === kind))
  return byKind.find(({ length }) => length > 1) ?? []
}

/** Answers every question for a name with this address. */
export function lookupOf({ address, family }: Address): LookupFunction {
  return (_, options, callback) => {
    if (options.all) callback(null, [{ address, family }])
    else callback(null, address, family)
  }
}
