import { createHmac } from 'node:crypto'
import { isList, mapEntries, plainValue, setValues } from '@spanhouse/transform/internal'
import { bare } from '../config/bare.js'
import type { RedactConfig } from '../config/routing-options.js'
import { guardedHook, type HookReport } from './guarded-hook.js'
import { anyMatcher } from './pattern.js'
import { attempt } from './reading.js'
import { REPLACE } from './value-patterns.js'

/**
 * Makes values that hold nothing of what the options deny. Everything it returns is plain data, read once: a getter cannot give another value
 * to the encoder later. Undefined: nothing is left of the value.
 */
export interface ValueRedaction {
  attributes(given: unknown): Record<string, unknown>
  /** Any value, such as the body of a log record. */
  value(given: unknown): unknown
  text(given: unknown): string | undefined
}

// As the encoder: what is deeper would be cut there anyway.
const MAX_DEPTH = 64
// For one attribute: an object that contains another many times, and that others, could otherwise take minutes.
const MAX_VALUES = 100_000
// So many characters that are looked at count as a value: patterns are asked about a long name again for each key below it.
const CHARACTERS_PER_VALUE = 256
// A sparse array can claim four thousand million elements and have none.
const MAX_HOLES = 1000

type Kind = 'keep' | 'hash' | 'deny'

export function valueRedaction(
  config: RedactConfig,
  subject: string,
  report: HookReport,
): ValueRedaction {
  const { key, replace } = config
  const isAllowed = anyMatcher([...config.allow, 'service.name'], true)
  // Without a key, a hash could be reversed by hashing every likely value.
  const isDenied = anyMatcher(
    key === undefined ? [...config.deny, ...config.hash] : config.deny,
    true,
  )
  const isHashed = anyMatcher(key === undefined ? [] : config.hash, true)
  const areNamesRead = config.deny.length + config.hash.length > 0
  const onlyAllowed = config.allow.length > 0
  // A mail address may seem to begin within the password of a URL. URLs come first: the rest of such a password would not be found afterwards.
  const rules = config.values
    .map((rule, index) => ({
      isOfUrls: rule === 'url_credentials',
      call: ruleOf(rule, replace, index),
    }))
    .sort((a, b) => Number(b.isOfUrls) - Number(a.isOfUrls))
    .map(({ call }) => call)
  let left = 0

  function spend(characters: number): void {
    left -= characters / CHARACTERS_PER_VALUE
  }

  function ruleOf(
    rule: RedactConfig['values'][number],
    by: string,
    index: number,
  ): (text: string) => unknown {
    if (typeof rule === 'string') return (text) => REPLACE[rule](text, by)
    const name = `redact.values[${index}] of ${subject}`
    const call = typeof rule === 'function' ? rule : replacingAll(rule.pattern, by)
    return guardedHook(name, call, report, 'The values that it was given are left out.')
  }

  function text(given: unknown): string | undefined {
    if (typeof given !== 'string') return undefined
    if (rules.length > 0) spend(given.length)
    let out = given
    for (const rule of rules) {
      const replaced = rule(out)
      if (typeof replaced !== 'string') return undefined
      out = replaced
    }
    return out
  }

  /** A pattern may name a key, or the way to it through maps: `street`, `address.street`, `user.address.street`. */
  function kindOf(path: readonly string[]): Kind {
    if (!areNamesRead) return 'keep'
    const ways = path.map((_, from) => path.slice(from).join('.'))
    if (ways.some(isDenied)) return 'deny'
    return ways.some(isHashed) ? 'hash' : 'keep'
  }

  /** A number or truth value stays what it is, unless its text holds what has to be replaced. */
  function scalar(given: number | bigint | boolean): unknown {
    if (rules.length === 0) return given
    const written = String(given)
    const redacted = text(written)
    return redacted === written ? given : redacted
  }

  function hashed(given: unknown): string {
    const data = ArrayBuffer.isView(given)
      ? new Uint8Array(given.buffer, given.byteOffset, given.byteLength)
      : String(given)
    spend(data.length)
    return createHmac('sha256', key ?? '')
      .update(data)
      .digest('hex')
  }

  function any(
    given: unknown,
    path: readonly string[],
    isHash: boolean,
    ancestors: readonly object[],
  ): unknown {
    if (left <= 0) return '…'
    left--
    switch (typeof given) {
      case 'string':
        return isHash ? hashed(given) : text(given)
      case 'number':
      case 'bigint':
      case 'boolean':
        return isHash ? hashed(given) : scalar(given)
      case 'object':
        return given === null ? null : attempt(() => object(given, path, isHash, ancestors))
      default:
        return undefined
    }
  }

  /** A value whose traps or toJSON throw is left out. */
  function object(
    given: object,
    path: readonly string[],
    isHash: boolean,
    ancestors: readonly object[],
  ): unknown {
    if (ancestors.length >= MAX_DEPTH) return '…'
    if (ancestors.includes(given)) return '[Circular]'
    if (isBytes(given)) return bytes(given, isHash)
    if (given instanceof ArrayBuffer) return bytes(new Uint8Array(given), isHash)
    const plain = attempt(() => plainValue(given))
    if (typeof plain !== 'object' || plain === null)
      return any(plain, path, isHash, [...ancestors, given])
    const below = plain === given ? [...ancestors, given] : [...ancestors, given, plain]
    const item = (value: unknown) => any(value, path, isHash, below) ?? null
    if (plain instanceof Set) return list(setValues(plain), item)
    if (plain instanceof Map) return members(entriesOf(plain, item), path, isHash, below)
    if (isList(plain)) return list(plain, item)
    return members(propertiesOf(plain), path, isHash, below)
  }

  function list(given: ArrayLike<unknown>, item: (value: unknown) => unknown): unknown[] {
    const out: unknown[] = []
    let holes = 0
    for (let index = 0; index < given.length; index++) {
      if (left <= 0 || holes >= MAX_HOLES) {
        out.push('…')
        break
      }
      if (!(index in given)) holes++
      out.push(item(attempt(() => given[index])))
    }
    return out
  }

  function bytes(given: Uint8Array, isHash: boolean): unknown {
    if (isHash) return hashed(given)
    if (rules.length === 0) return given
    const written = Buffer.from(given.buffer, given.byteOffset, given.byteLength).toString('utf8')
    return text(written) === written ? given : replace
  }

  function members(
    properties: Iterable<Property>,
    path: readonly string[],
    isHash: boolean,
    ancestors: readonly object[],
  ): Record<string, unknown> {
    const out = bare()
    const isTop = ancestors.length === 0
    for (const [name, read] of properties) {
      const inside = [...path, name]
      if (isTop) left = MAX_VALUES
      else if (areNamesRead) spend(lengthOfWays(inside))
      if (left <= 0) {
        out['…'] = '…'
        break
      }
      const kind = kindOf(inside)
      if (kind === 'deny' || (isTop && kind === 'keep' && onlyAllowed && !isAllowed(name))) continue
      put(out, name, any(attempt(read), inside, isHash || kind === 'hash', ancestors))
    }
    return out
  }

  /** What a name holds is replaced too: the keys of a map may be addresses of users. */
  function put(out: Record<string, unknown>, name: string, value: unknown): void {
    const shown = rules.length === 0 ? name : text(name)
    if (shown !== undefined && value !== undefined) out[shown] = value
  }

  return {
    text,
    value(given) {
      left = MAX_VALUES
      // A body has no attributes of its own: `allow` does not concern its members.
      return any(given, [], false, [])
    },
    attributes(given) {
      const isMap = typeof given === 'object' && given !== null
      return isMap ? members(propertiesOf(given), [], false, []) : bare()
    },
  }
}

type Property = readonly [name: string, read: () => unknown]

function propertiesOf(given: object): Property[] {
  const names = attempt(() => Object.keys(given)) ?? [] // the trap of a Proxy throws
  return names.map((name) => [name, () => Reflect.get(given, name)])
}

/** Each name is read when it is its turn, as its value is: `item` spends what is left. */
function* entriesOf(
  map: Map<unknown, unknown>,
  item: (value: unknown) => unknown,
): Iterable<Property> {
  for (const [name, value] of mapEntries(map))
    yield [typeof name === 'string' ? name : nameFrom(item(name)), () => value]
}

function nameFrom(key: unknown): string {
  if (typeof key === 'bigint') return String(key)
  return JSON.stringify(key, (_, value) => (typeof value === 'bigint' ? String(value) : value))
}

/** Of all the texts that `kindOf` makes of a path. */
function lengthOfWays(path: readonly string[]): number {
  return path.reduce((sum, name, index) => sum + (index + 1) * (name.length + 1), 0)
}

function replacingAll({ source, flags }: RegExp, by: string): (text: string) => string {
  const pattern = new RegExp(source, flags.includes('g') ? flags : `${flags}g`)
  return (text) => text.replace(pattern, () => by)
}

function isBytes(given: object): given is Uint8Array {
  return (
    Object.prototype.toString.call(given) === '[object Uint8Array]' && ArrayBuffer.isView(given)
  )
}
