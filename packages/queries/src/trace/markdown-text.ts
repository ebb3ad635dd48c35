import { harmless } from './harmless.js'

/** A text as inline code: nothing in it is Markdown, a mention or HTML. */
export function inlineCode(text: string, limit: number): string {
  const clean = harmless(text, limit).trim()
  if (clean === '') return '(empty)'
  const ticks = '`'.repeat(longestRun(clean) + 1)
  const space = clean.startsWith('`') || clean.endsWith('`') ? ' ' : ''
  return `${ticks}${space}${clean}${space}${ticks}`
}

/** Lines, already harmless, as a code block whose fence is longer than any run of backticks in it. */
export function codeBlock(lines: readonly string[]): string[] {
  const fence = '`'.repeat(Math.max(3, longestRun(lines.join('\n')) + 1))
  return [`${fence}text`, ...lines, fence]
}

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0)
}
