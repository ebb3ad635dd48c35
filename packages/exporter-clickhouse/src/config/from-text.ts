import type { Choice, Numeric, Type, Unit } from './option.js'
import { numberRule, shownName } from './option-problems.js'
import { numberOf } from './units.js'

export type Read = { readonly value: unknown } | { readonly problem: string }

/** Reads a text as OpenTelemetry writes values of this type. Whether the value is allowed is checked afterwards. */
export function fromText(given: string, type: Type): Read {
  const text = given.trim()
  switch (type.kind) {
    case 'number':
      return numberFrom(text, type)
    case 'boolean':
      return /^(true|false)$/i.test(text)
        ? { value: text.toLowerCase() === 'true' }
        : { problem: "must be 'true' or 'false'" }
    case 'choice':
      return { value: chosen(text, type) }
    case 'list': {
      const { item } = type
      if (item.kind === 'text' && item.or && isJson(text)) return jsonFrom(text, LIST_RULE)
      const parts = partsOf(text)
      return { value: item.kind === 'choice' ? parts.map((one) => chosen(one, item)) : parts }
    }
    case 'map':
      return pairsFrom(text, type.value)
    case 'data':
      if (!type.hasNames) return jsonFrom(text, 'must be JSON')
      return isJson(text) ? jsonFrom(text, LIST_RULE) : { value: partsOf(text.toLowerCase()) }
    default:
      return { value: given }
  }
}

/** OpenTelemetry: names of values are read without regard to case. */
function chosen(text: string, { values }: Choice): string {
  return values.find((one) => one === text.toLowerCase()) ?? text
}

function numberFrom(text: string, type: Numeric): Read {
  if (type.or !== undefined && text.toLowerCase() === type.or) return { value: type.or }
  // Plain numbers are milliseconds in OpenTelemetry's variables, but seconds in this option: a guess could delete data.
  if (type.unit === 'seconds' && /^\d+(\.\d+)?$/.test(text))
    return { problem: `must have a unit, such as ${text}s or 30d` }
  const value = numberOf(type.unit, text)
  if (value !== undefined) return { value }
  const units = type.unit ? UNITS[type.unit] : ''
  return { problem: `${numberRule(type)}${units}` }
}

const UNITS: Readonly<Record<Unit, string>> = {
  milliseconds: ', or have a unit: 500ms, 5s, 2m',
  seconds: ', with a unit: 12h, 30d',
  bytes: ', or have a unit: 512KiB, 64MiB, 1GB',
}

const LIST_RULE = 'must be names with commas in between, or a list as JSON'

function isJson(text: string): boolean {
  return /^[[{]/.test(text)
}

function partsOf(text: string): string[] {
  return text.split(',').map((one) => one.trim())
}

function jsonFrom(text: string, problem: string): Read {
  try {
    return { value: JSON.parse(text) }
  } catch {
    return { problem } // without the error, which quotes the text
  }
}

/** `key=value,key2=value2`, percent-encoded. */
function pairsFrom(text: string, type: Type): Read {
  const pairs: [string, string][] = []
  for (const pair of text.split(',')) {
    if (pair.trim() === '') continue
    const at = pair.indexOf('=')
    if (at < 1) return { problem: 'must be written as key=value,key2=value2' }
    try {
      pairs.push([
        decodeURIComponent(pair.slice(0, at).trim()),
        decodeURIComponent(pair.slice(at + 1).trim()),
      ])
    } catch {
      return { problem: 'must be percent-encoded: write % as %25' }
    }
  }
  const names = pairs.map(([name]) => name)
  const twice = names.some((name, index) => names.indexOf(name) !== index)
  if (twice) return { problem: 'names a key twice' }
  const value: Record<string, unknown> = Object.create(null)
  for (const [name, one] of pairs) {
    const read = fromText(one, type)
    if ('problem' in read) return { problem: `: ${shownName(name)} ${read.problem}` }
    value[name] = read.value
  }
  return { value }
}
