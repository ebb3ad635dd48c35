import { fieldsOf, type Type } from '../option.js'
import { shownName, tooMany, unreadable } from '../option-problems.js'
import { OPTIONS } from '../option-table.js'
import type { Options } from '../options.js'
import { checkOptions } from '../options-schema.js'
import type { Problem } from '../problem.js'

/** The options that the application's code gives, and what is wrong with each of them by itself. */
export function fromCode(given: unknown): { options: Options; problems: Problem[] } {
  const problems: Problem[] = []
  const options = read(given, OPTIONS, [], problems)
  problems.push(...checkOptions(options))
  return { options: options as Options, problems }
}

/**
 * Copies the value and reads each option in it once: a getter may throw, or return something else the next time.
 * Inherited options count, except those that every object inherits. Reports in `problems` what cannot be read.
 */
function read(
  given: unknown,
  type: Type | undefined,
  path: readonly string[],
  problems: Problem[],
): unknown {
  if (type?.kind === 'group' || type?.kind === 'map') return readFields(given, type, path, problems)
  if (type?.kind === 'text' && type.or && typeof given === 'object')
    return readFields(given, type.or, path, problems)
  if (type?.kind !== 'list' || !Array.isArray(given)) return given
  if (given.length > type.max) {
    // Reading all of them could take long.
    problems.push({
      path,
      text: `${path.join('.')}${tooMany(given.length, type)}`,
    })
    return undefined
  }
  return Array.from({ length: given.length }, (_, index) =>
    read(given[index], type.item, [...path, String(index)], problems),
  )
}

function readFields(
  given: unknown,
  type: Type,
  path: readonly string[],
  problems: Problem[],
): unknown {
  try {
    if (typeof given !== 'object' || given === null) return given
    if (given instanceof URL) return given.href // refused like its text: the user and password in it are no options
    if (Array.isArray(given)) return [] // refused like the list itself, and cannot throw, as a Proxy could
    const fields = fieldsOf(type)
    const inherited = Object.keys(fields).filter(
      (name) => name in given && !(name in Object.prototype),
    )
    const names = [...new Set([...Object.keys(given), ...inherited])]
    return Object.fromEntries(
      names.flatMap((name): [string, unknown][] => {
        const at = [...path, name]
        if (name === '__proto__') {
          // zod silently leaves it out
          problems.push({ path: at, text: `${at.map(shownName).join('.')} is not an option` })
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
    problems.push(unreadable(path))
    return {}
  }
}
