/**
 * Whether a text fits a pattern, in which `*` stands for any text. Not a regular expression: a pattern may come from a variable, and a
 * text from anybody, so the time must not depend on both more than their lengths do.
 */
export function matcher(pattern: string): (text: string) => boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  const middle = rest.filter((part) => part !== '')
  return (text) => {
    if (last === undefined) return text === first
    if (text.length < first.length + last.length) return false
    if (!text.startsWith(first) || !text.endsWith(last)) return false
    const end = text.length - last.length
    let at = first.length
    for (const part of middle) {
      const found = text.indexOf(part, at)
      if (found < 0 || found + part.length > end) return false
      at = found + part.length
    }
    return true
  }
}

/** Whether a text fits one of the patterns. Remembers its answers: attribute names are few, and asked about again and again. */
export function anyMatcher(
  patterns: readonly string[],
  isCaseless = false,
): (text: string) => boolean {
  if (patterns.length === 0) return () => false
  const folded = (text: string) => (isCaseless ? text.toLowerCase() : text)
  const matchers = patterns.map((one) => matcher(folded(one)))
  const known = new Map<string, boolean>()
  return (text) => {
    const before = known.get(text)
    if (before !== undefined) return before
    const once = folded(text)
    const answer = matchers.some((matches) => matches(once))
    if (known.size >= MAX_KNOWN) known.clear()
    if (text.length <= MAX_KNOWN_LENGTH) known.set(text, answer)
    return answer
  }
}

const MAX_KNOWN = 1000
const MAX_KNOWN_LENGTH = 200
