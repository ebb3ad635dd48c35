import type { Group, Numeric, Text, Type } from './option.js'
import { nearest } from './option-hints.js'
import { choiceRule, numberRule, objectRule, shownName, tooMany } from './option-problems.js'

/**
 * What is wrong with a value from a variable or a URL, as the end of a sentence that begins with its name; undefined if nothing is. It
 * does not show the value, which may be a secret in the wrong place. It refuses the same values as zod does for options in code (a test
 * compares them), but zod takes milliseconds at its first use, and variables are read while an application starts.
 */
export function problemOf(value: unknown, type: Type): string | undefined {
  switch (type.kind) {
    case 'text':
      if (value === '' && !type.mayBeEmpty) return 'must not be empty'
      return type.problemOf?.(String(value))
    case 'number':
      return isAllowed(value, type) ? undefined : numberRule(type)
    case 'choice':
      return type.values.includes(String(value)) ? undefined : choiceRule(type.values, value)
    case 'list': {
      if (!Array.isArray(value)) return 'must be a list'
      const items: readonly unknown[] = value
      if (items.length > type.max) return tooMany(items.length, type)
      if (type.item.kind === 'text' && type.item.or) return problemOfEntries(items, type.item)
      const problem = items.map((one) => problemOf(one, type.item)).find((one) => one !== undefined)
      return problem && `: each ${type.item.kind === 'text' ? 'entry' : 'name'} ${problem}`
    }
    case 'map':
      return Object.entries(Object(value))
        .map(([name, one]) => {
          const problem = type.nameProblem(name) ?? problemOf(one, type.value)
          return problem && `: ${shownName(name)} ${problem}`
        })
        .find((problem) => problem !== undefined)
    case 'data':
      return type.problemOf(value)?.trimStart()
    case 'custom':
      return type.accepts(value) ? undefined : type.rule
    default:
      return undefined
  }
}

/** Of a list of texts and, as JSON, objects. */
function problemOfEntries(items: readonly unknown[], item: Text): string | undefined {
  return items.map((one, index) => problemOfEntry(one, index, item)).find((one) => one)
}

function problemOfEntry(entry: unknown, index: number, item: Text): string | undefined {
  const { or } = item
  if (typeof entry === 'string') {
    const problem = problemOf(entry, item)
    return problem && `: ${index} ${problem}`
  }
  if (!or || typeof entry !== 'object' || entry === null || Array.isArray(entry))
    return `: ${index} must be a text${or ? ` or ${objectRule(or)}` : ''}`
  const problem = problemOfFields(entry as Readonly<Record<string, unknown>>, or)
  return problem && `: ${index}.${problem}`
}

function problemOfFields(
  entry: Readonly<Record<string, unknown>>,
  { fields, required }: Group,
): string | undefined {
  for (const name of Object.keys(entry))
    if (!Object.hasOwn(fields, name)) {
      const meant = nearest(name, Object.keys(fields))
      return `${shownName(name)} is not an option${meant ? `: did you mean \`${meant}\`?` : ''}`
    }
  for (const [name, { type }] of Object.entries(fields)) {
    const value = entry[name]
    if (value === undefined && !required.includes(name)) continue
    const problem = typeof value === 'string' ? problemOf(value, type) : 'must be a string'
    if (problem !== undefined) return `${name} ${problem}`
  }
  return undefined
}

function isAllowed(value: unknown, { min, max, isWhole, or }: Numeric): boolean {
  if (or !== undefined && value === or) return true
  if (typeof value !== 'number' || value < min || value > max) return false
  return isWhole ? Number.isSafeInteger(value) : Number.isFinite(value)
}
