import { harmlessLines } from '@spanhouse/queries'

export interface StackLine {
  readonly text: string
  /** A frame of a library or of Node.js. */
  readonly isForeign: boolean
}

/** The lines of a stack trace, each harmless. */
export function stackLines(stack: string): StackLine[] {
  return harmlessLines(stack).map((text) => ({
    text,
    isForeign:
      /^\s+at\s/.test(text) && /[/\\]node_modules[/\\]|\(?node:|<anonymous>\)?$/.test(text),
  }))
}
