import { harmlessLines } from '@spanhouse/queries'

const SHORT = 1200

export interface ValueText {
  readonly text: string
  /** Whether there is more of it. */
  readonly isCut: boolean
}

/** A value as it is shown: JSON over several lines, harmless, and cut if it is long and not wanted whole. */
export function valueText(value: string, isWhole: boolean): ValueText {
  const isCut = !isWhole && value.length > SHORT
  const shown = isCut ? value.slice(0, SHORT) : (indentedJson(value) ?? value)
  return { text: harmlessLines(shown, Infinity).join('\n'), isCut }
}

function indentedJson(value: string): string | undefined {
  if (!/^\s*[[{]/.test(value) || value.length > 100_000) return undefined
  try {
    const parsed: unknown = JSON.parse(value)
    const inOneLine = JSON.stringify(parsed)
    return inOneLine.length <= 60 ? undefined : JSON.stringify(parsed, null, 2)
  } catch {
    return undefined
  }
}
