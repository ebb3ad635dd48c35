import type { NamedValue } from '../config/routing-options.js'

/** Puts `by` in place of what it finds in a text. */
export type Replace = (text: string, by: string) => string

// Each takes a time that grows with the length of the text alone. Look-behinds let a search begin only where such a value can begin: otherwise
// a long word would be read again from each of its characters.
export const REPLACE: Readonly<Record<NamedValue, Replace>> = {
  email: replacing(
    /(?<![\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-])[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu,
  ),
  credit_card: (text, by) => withoutCards(text, by),
  ipv4: replacing(
    /(?<![\d.])(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}(?!\.?\d)/g,
  ),
  bearer_token: replacing(
    /(?<=(?<!\w)bearer[ \t]{1,8})[\w.~+/=-]{6,}|(?<=(?<!\w)(?:basic|token)[ \t]{1,8})[\w.~+/=-]{16,}/gi,
  ),
  jwt: replacing(/(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*/g),
  url_credentials: replacing(/(?<=:\/\/)[^\s/?#]+(?=@)/g),
}

function replacing(pattern: RegExp): Replace {
  return (text, by) => text.replace(pattern, () => by) // as a text, `$&` in it would bring the value back
}

const MIN_DIGITS = 13
const MAX_DIGITS = 19
const RUN = /\d(?:[ -]?\d){12,}/g
const GROUP = /\d+/g

interface Group {
  readonly digits: string
  readonly start: number
}

/** Replaces numbers of 13 to 19 digits, in groups or not, that begin like those of cards and whose last digit proves them. */
function withoutCards(text: string, by: string): string {
  return text.replace(RUN, (run) => {
    const groups = [...run.matchAll(GROUP)].map((found) => ({
      digits: found[0],
      start: found.index,
    }))
    let out = ''
    let copied = 0
    for (let first = 0; first < groups.length; first++) {
      const end = endOfCard(groups, first)
      if (end === undefined) continue
      out += run.slice(copied, (groups[first] as Group).start) + by
      const last = groups[end] as Group
      copied = last.start + last.digits.length
      first = end
    }
    return out + run.slice(copied)
  })
}

/** The index of the last group of a card's number that begins with this group. The number may not begin or end within a group. */
function endOfCard(groups: readonly Group[], first: number): number | undefined {
  let digits = ''
  let end: number | undefined
  for (let index = first; index < groups.length; index++) {
    digits += (groups[index] as Group).digits
    if (digits.length > MAX_DIGITS) return end
    if (digits.length >= MIN_DIGITS && isCard(digits)) end = index
  }
  return end
}

/** Times in nanoseconds begin with 1, numbers of cards with 2 to 6. */
function isCard(digits: string): boolean {
  if (!/^[2-6]/.test(digits)) return false
  let sum = 0
  for (let place = 0; place < digits.length; place++) {
    const digit = Number(digits[digits.length - 1 - place])
    const doubled = place % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}
