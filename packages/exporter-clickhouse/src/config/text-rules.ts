import type { Numeric, Type } from './option.js'
import { choiceRule, numberRule, shownName, tooMany } from './option-problems.js'

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
      const items = value as readonly unknown[]
      if (items.length > type.max) return tooMany(items.length, type)
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

function isAllowed(value: unknown, { min, max, isWhole, or }: Numeric): boolean {
  if (or !== undefined && value === or) return true
  if (typeof value !== 'number' || value < min || value > max) return false
  return isWhole ? Number.isSafeInteger(value) : Number.isFinite(value)
}
