import type { Kind } from './kind.js'
import { unquoted } from './type-text.js'

/** One of the names, or its number. Anything else is unreadable; the empty value is the name with the least number, as on the server. */
export function enumeration(args: readonly string[], bits: 8 | 16): Kind {
  const numberOf = enumNumbers(args, bits)
  const jsonOf = new Map<unknown, string>()
  for (const [name, number] of numberOf) {
    jsonOf.set(number, JSON.stringify(name))
    jsonOf.set(name, JSON.stringify(name))
  }
  const least = Math.min(...numberOf.values())
  return {
    empty: jsonOf.get(least) ?? '',
    write(value, { out }) {
      const json = jsonOf.get(
        typeof value === 'bigint' ? Number(value) : typeof value === 'boolean' ? `${value}` : value,
      )
      if (json === undefined) return false
      out.text(json)
      return true
    },
  }
}

/** A name without a number has the one after that of the name before it; the first 1. */
export function enumNumbers(args: readonly string[], bits: number): Map<string, number> {
  const numberOf = new Map<string, number>()
  const half = 2 ** (bits - 1)
  let next = 1
  for (const arg of args) {
    const [, literal = '', given] =
      /^('(?:[^'\\]|\\.|'')*')\s*(?:=\s*(-?\d{1,5}))?$/s.exec(arg) ?? []
    const name = unquoted(literal)
    const number = given === undefined ? next : Number(given)
    if (name === undefined || number < -half || number >= half)
      throw new TypeError(
        `Enum${bits} needs names in quotes and numbers of ${bits} bits, such as 'ok' = 1, and not ${arg || 'nothing'}`,
      )
    if (numberOf.has(name) || [...numberOf.values()].includes(number))
      throw new TypeError(`Enum${bits} has the name or number of ${arg} twice`)
    numberOf.set(name, number)
    next = number + 1
  }
  return numberOf
}
