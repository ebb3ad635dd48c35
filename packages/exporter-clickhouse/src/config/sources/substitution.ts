import { shownName } from '../option-problems.js'
import type { Problem } from '../problem.js'
import { pathKey } from './document.js'
import { withoutLineEnd } from './variable-text.js'

const MAX_CHARACTERS = 1024 * 1024

interface Substituted {
  readonly value: unknown
  readonly problems: readonly Problem[]
  /** The texts with a replacement, by `pathKey()`. They may be secrets. */
  readonly changed: ReadonlySet<string>
}

/**
 * Replaces `${NAME}` and `${NAME:-default}` in all texts of a value by environment variables; `$${` is a plain `${`. It works on
 * the value and not on the file, so a variable cannot change the structure.
 */
export function substituted(
  value: unknown,
  env: NodeJS.ProcessEnv,
  path: readonly string[] = [],
): Substituted {
  const problems: Problem[] = []
  const changed = new Set<string>()
  return { value: replaced(value, path), problems, changed }

  function replaced(one: unknown, at: readonly string[]): unknown {
    if (typeof one === 'string') return text(one, at)
    if (Array.isArray(one)) return one.map((item, index) => replaced(item, [...at, String(index)]))
    if (typeof one !== 'object' || one === null) return one
    const entries = Object.entries(one)
    return Object.fromEntries(entries.map(([name, item]) => [name, replaced(item, [...at, name])]))
  }

  function text(given: string, at: readonly string[]): string {
    const problem = (what: string) => {
      problems.push({ path: at, text: `${at.map(shownName).join('.')}: ${what}` })
      return ''
    }
    return given
      .replace(/\$\$\{|\$\{([^}]*)\}?/g, (whole, inside: string | undefined) => {
        if (inside === undefined) return '${'
        const [, name, byDefault] = /^(?:env:)?([A-Za-z_]\w*)(?::-([\s\S]*))?$/.exec(inside) ?? []
        if (name === undefined || !whole.endsWith('}'))
          return problem(`write a reference as \${NAME} or \${NAME:-default}`)
        changed.add(pathKey(at))
        const found = env[name] === undefined ? undefined : withoutLineEnd(env[name])
        if (found === undefined && byDefault === undefined)
          return problem(`the environment variable ${name} is not set`)
        return byDefault !== undefined ? found || byDefault : (found ?? '')
      })
      .slice(0, MAX_CHARACTERS)
  }
}
