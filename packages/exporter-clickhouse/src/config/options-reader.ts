import { shownName, unreadable } from './option-problems.js'
import {
  DESTINATION_OPTION_NAMES,
  MAX_DESTINATIONS,
  type Names,
  OPTION_NAMES,
} from './options-schema.js'

/**
 * The options as they are at this moment, each read once: a getter may throw, and may say something else the next time.
 * Inherited ones count, but for those of every object. Adds what cannot be read to `problems`.
 */
export function readOptions(options: unknown, problems: string[]): unknown {
  return readFields(options, OPTION_NAMES, '', problems)
}

function readFields(
  given: unknown,
  { known, groups = {} }: Names,
  at: string,
  problems: string[],
): unknown {
  try {
    if (typeof given !== 'object' || given === null) return given
    if (Array.isArray(given)) return [] // as wrong as any list, and no Proxy
    const inherited = known.filter((name) => name in given && !(name in Object.prototype))
    const names = [...new Set([...Object.keys(given), ...inherited])]
    return Object.fromEntries(
      names.flatMap((name): [string, unknown][] => {
        const path = `${at}${shownName(name)}`
        if (name === '__proto__') {
          problems.push(`${path} is not an option`) // zod silently leaves it out
          return []
        }
        try {
          const value = (given as Record<string, unknown>)[name]
          const group = Object.hasOwn(groups, name) ? groups[name] : undefined
          if (group) return [[name, readFields(value, group, `${path}.`, problems)]]
          return [[name, path === 'destinations' ? readDestinations(value, problems) : value]]
        } catch {
          problems.push(unreadable(path))
          return []
        }
      }),
    )
  } catch {
    problems.push(unreadable(at.slice(0, -1) || 'options'))
    return {}
  }
}

function readDestinations(given: unknown, problems: string[]): unknown {
  if (!Array.isArray(given)) return given
  if (given.length > MAX_DESTINATIONS) {
    // Before anybody goes through all of them.
    problems.push(`destinations: ${given.length} are too many, ${MAX_DESTINATIONS} are the most`)
    return undefined
  }
  return Array.from({ length: given.length }, (_, index) =>
    readFields(given[index], DESTINATION_OPTION_NAMES, `destinations.${index}.`, problems),
  )
}
