import { type Encoding, newEncoding } from './encoding.js'
import type { Members } from './member.js'
import { addTally, isZero, type Tally } from './tally.js'

interface Encoded {
  readonly members: string
  readonly tally: Tally | undefined
}

interface Known extends Encoded {
  readonly identity: Identity
}

type Identity = readonly [attributes: unknown, name: unknown, version: unknown]

/**
 * Encodes what a resource or scope contributes once per object, for as long as it keeps its attributes object, name and version; what is altered counts in every row.
 * Not while attributes are pending: they would stay missing.
 */
export function oncePerObject(sourceOf: (input: unknown) => object, write: Members): Members {
  const knownOf = new WeakMap<object, Known>()
  return (input, encoding) => {
    const source = attempt(() => sourceOf(input), encoding) ?? {}
    const identity = attempt(() => identityOf(source), encoding)
    const before = knownOf.get(source)
    if (before && identity && isSame(before.identity, identity)) return reuse(before, encoding)
    const fresh = encoded(source, write)
    if (identity) knownOf.set(source, { ...fresh, identity })
    return reuse(fresh, encoding)
  }
}

function encoded(source: object, write: Members): Encoded {
  const encoding = newEncoding() // limits and room of a row are no concern of what all rows share
  const members = write(source, encoding)
  return { members, tally: isZero(encoding.tally) ? undefined : encoding.tally }
}

function reuse({ members, tally }: Encoded, encoding: Encoding): string {
  if (tally) addTally(encoding.tally, tally)
  return members
}

/** What a change would show in; undefined while it is still to come. */
function identityOf(source: object): Identity | undefined {
  const given = source as Record<string, unknown>
  if (given['asyncAttributesPending']) return undefined // asking for attributes now would make the SDK complain
  return [given['attributes'], given['name'], given['version']]
}

function isSame(a: Identity, b: Identity): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2]
}

function attempt<T>(read: () => T, encoding: Encoding): T | undefined {
  try {
    return read()
  } catch {
    encoding.tally.unreadableValues++
    return undefined
  }
}
