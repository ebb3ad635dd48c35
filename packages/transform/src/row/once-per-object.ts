import type { Encoding } from '../writing/encoding.js'

/** If any of these has changed, so has the resource or scope. */
interface Identity {
  readonly attributes?: unknown
  readonly name?: unknown
  readonly version?: unknown
}

interface Source extends Identity {
  readonly asyncAttributesPending?: unknown
}

interface Known<Made> extends Identity {
  readonly source: Source
  readonly made: Made
}

/**
 * Makes something from a resource or scope once per object, and again when its attributes object, name or version is another one.
 * Nothing is remembered while attributes are pending: they would stay missing.
 */
export function oncePerObject<Made>(
  sourceOf: (input: unknown) => object,
  make: (source: object, encoding: Encoding) => Made,
): (input: unknown, encoding: Encoding) => Made {
  const knownOf = new WeakMap<object, Known<Made>>()
  return (input, encoding) => {
    const source: Source = attempt(sourceOf, input, encoding) ?? {}
    const known = knownOf.get(source)
    if (known !== undefined && attempt(isUnchanged, known, encoding)) return known.made
    const identity = attempt(identityOf, source, encoding)
    const made = make(source, encoding)
    if (identity) knownOf.set(source, { ...identity, source, made })
    return made
  }
}

/** Undefined while attributes are pending. */
function identityOf(source: Source): Identity | undefined {
  if (source.asyncAttributesPending) return undefined // reading the attributes now would make the SDK log an error
  const { attributes, name, version } = source
  return { attributes, name, version }
}

function isUnchanged({ source, attributes, name, version }: Known<unknown>): boolean {
  return (
    !source.asyncAttributesPending &&
    source.attributes === attributes &&
    source.name === name &&
    source.version === version
  )
}

function attempt<From, To>(
  read: (from: From) => To,
  from: From,
  encoding: Encoding,
): To | undefined {
  try {
    return read(from)
  } catch {
    encoding.tally.unreadableValues++
    return undefined
  }
}
