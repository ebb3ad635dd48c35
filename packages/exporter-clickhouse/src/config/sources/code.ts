import { fieldsOf, type Type } from '../option.js'
import { shownName, unreadable } from '../option-problems.js'
import { OPTIONS } from '../option-table.js'
import type { Options } from '../options.js'
import { checkOptions } from '../options-schema.js'

/** The options that the application's code gives, and what is wrong with each of them by itself. */
export function fromCode(given: unknown): { options: Options; problems: string[] } {
  const problems: string[] = []
  const options = read(given, OPTIONS, '', problems)
  problems.push(...checkOptions(options))
  return { options: options as Options, problems }
}

/**
 * Copies the value and reads each option in it once: a getter may throw, or return something else the next time.
 * Inherited options count, except those that every object inherits. Reports in `problems` what cannot be read.
 */
function read(given: unknown, type: Type | undefined, path: string, problems: string[]): unknown {
  if (type?.kind === 'group' || type?.kind === 'map') return readFields(given, type, path, problems)
  if (type?.kind !== 'list' || !Array.isArray(given)) return given
  if (given.length > type.max) {
    // Reading all of them could take long.
    problems.push(`${path}: ${given.length} are too many: at most ${type.max} are allowed`)
    return undefined
  }
  return Array.from({ length: given.length }, (_, index) =>
    read(given[index], type.item, `${path}.${index}`, problems),
  )
}

function readFields(given: unknown, type: Type, path: string, problems: string[]): unknown {
  try {
    if (typeof given !== 'object' || given === null) return given
    if (Array.isArray(given)) return [] // refused like the list itself, and cannot throw, as a Proxy could
    const fields = fieldsOf(type)
    const inherited = Object.keys(fields).filter(
      (name) => name in given && !(name in Object.prototype),
    )
    const names = [...new Set([...Object.keys(given), ...inherited])]
    return Object.fromEntries(
      names.flatMap((name): [string, unknown][] => {
        const at = path === '' ? shownName(name) : `${path}.${shownName(name)}`
        if (name === '__proto__') {
          problems.push(`${at} is not an option`) // zod silently leaves it out
          return []
        }
        try {
          const value = (given as Record<string, unknown>)[name]
          const option = Object.hasOwn(fields, name) ? fields[name] : undefined
          return [[name, read(value, option?.type, at, problems)]]
        } catch {
          problems.push(unreadable(at))
          return []
        }
      }),
    )
  } catch {
    problems.push(unreadable(path || 'options'))
    return {}
  }
}
