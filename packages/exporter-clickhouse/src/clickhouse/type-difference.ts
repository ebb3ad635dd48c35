// What becomes of our values in a column of another type. Types are compared as the server writes them.

/**
 * `kept`: all values of `wanted` fit as they are. `narrowed`: they lose digits, fractions of a second or length, or the server refuses those
 * that do not fit. `changed`: they are stored as another kind of value, or refused.
 */
export type Fate = 'kept' | 'narrowed' | 'changed'

export function fateOf(wanted: string, found: string): Fate {
  const [ours, theirs] = [parsed(wanted), parsed(found)]
  if (text(ours) === text(theirs)) return 'kept'
  if (ours.name === theirs.name && isContainer(ours)) {
    if (ours.parts.length !== theirs.parts.length) return 'changed'
    return worst(
      ours.parts.map((part, index) => fateOf(text(part), text(theirs.parts[index] ?? part))),
    )
  }
  const family = FAMILIES.find(({ of }) => of.test(ours.name))
  return family?.fate(ours, theirs) ?? 'changed'
}

interface Parsed {
  readonly name: string
  readonly parts: readonly Parsed[]
}

interface Family {
  readonly of: RegExp
  fate(ours: Parsed, theirs: Parsed): Fate
}

/** Bits that a number has for whole numbers. */
const EXACT: Readonly<Record<string, number>> = { Float32: 24, Float64: 53, BFloat16: 8 }

const FAMILIES: readonly Family[] = [
  {
    of: /^(U?Int\d+|Bool|Float\d+|BFloat16)$/,
    fate(ours, theirs) {
      if (theirs.name === 'String') return 'changed'
      if (bitsOf(theirs) === undefined) return 'changed'
      return holdsNumber(ours, theirs) ? 'kept' : 'narrowed'
    },
  },
  {
    of: /^(DateTime64|DateTime|Date32|Date)$/,
    fate(ours, theirs) {
      if (!/^(DateTime64|DateTime|Date32|Date)$/.test(theirs.name)) return 'changed'
      return precisionOf(theirs) >= precisionOf(ours) ? 'kept' : 'narrowed'
    },
  },
  {
    of: /^String$/,
    fate: (_, theirs) =>
      /^(FixedString|Enum|Enum8|Enum16|UUID|IPv4|IPv6)$/.test(theirs.name) ? 'narrowed' : 'changed',
  },
  {
    of: /^(FixedString|Enum|Enum8|Enum16|UUID|IPv4|IPv6)$/,
    fate: (_, theirs) => (theirs.name === 'String' ? 'kept' : 'changed'),
  },
]

function bitsOf({ name }: Parsed): number | undefined {
  if (name === 'Bool') return 1
  const exact = EXACT[name]
  if (exact !== undefined) return exact
  const [, bits] = /^U?Int(\d+)$/.exec(name) ?? []
  return bits === undefined ? undefined : Number(bits)
}

function holdsNumber(ours: Parsed, theirs: Parsed): boolean {
  const [needed, there] = [bitsOf(ours) ?? 0, bitsOf(theirs) ?? 0]
  if (/Float/.test(ours.name)) return /Float/.test(theirs.name) && there >= needed
  if (/Float/.test(theirs.name)) return there >= needed
  const isSigned = ({ name }: Parsed) => /^Int/.test(name)
  if (isSigned(ours) && !isSigned(theirs)) return false
  return isSigned(theirs) && !isSigned(ours) ? there > needed : there >= needed
}

/** Digits of a second; below 0 for days. */
function precisionOf({ name, parts }: Parsed): number {
  if (name === 'DateTime64') return Number(parts[0]?.name ?? 3)
  return name === 'DateTime' ? 0 : -1
}

function isContainer({ name, parts }: Parsed): boolean {
  return /^(Array|Map|Tuple|Nested)$/.test(name) && parts.length > 0
}

function worst(fates: readonly Fate[]): Fate {
  return (['changed', 'narrowed'] as const).find((fate) => fates.includes(fate)) ?? 'kept'
}

/** `LowCardinality` and `Nullable` change nothing about values of ours, which are never NULL there; a time zone changes how a time is shown. */
function parsed(type: string): Parsed {
  const bare = type.replaceAll(/\s+/g, '')
  const [, name = bare, inner] = /^(\w+)\((.*)\)$/s.exec(bare) ?? []
  if (inner === undefined) return { name, parts: [] }
  if (name === 'LowCardinality' || name === 'Nullable') return parsed(inner)
  const parts = partsOf(inner).map(parsed)
  return /^DateTime/.test(name)
    ? { name, parts: parts.slice(0, name === 'DateTime' ? 0 : 1) }
    : { name, parts }
}

/** Divided at the commas that are in no parentheses and no quotes. */
function partsOf(list: string): string[] {
  const parts: string[] = []
  let from = 0
  let depth = 0
  for (const { 0: found, index } of list.matchAll(/'(?:[^'\\]|\\.)*'|[(),]/gs)) {
    if (found === '(') depth++
    else if (found === ')') depth--
    else if (found === ',' && depth === 0) {
      parts.push(list.slice(from, index))
      from = index + 1
    }
  }
  return [...parts, list.slice(from)]
}

function text({ name, parts }: Parsed): string {
  return parts.length === 0 ? name : `${name}(${parts.map(text).join(',')})`
}
