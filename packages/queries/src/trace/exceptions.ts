import type { SpanRow } from '../ask/rows.js'
import { harmlessLines } from './harmless.js'

/** An exception that a span recorded, as `span.recordException()` writes it. */
export interface RecordedException {
  /** From the start of the trace. */
  readonly offsetNs: number
  /** Such as `TypeError`; may be empty. Hostile text, like the message and the stack. */
  readonly type: string
  readonly message: string
  readonly stack: string
}

/** The exceptions of a span: its events named `exception`. */
export function exceptionsOf(row: SpanRow): RecordedException[] {
  return row.events
    .filter(({ name }) => name === 'exception')
    .map(({ offset_ns, attributes }) => ({
      offsetNs: offset_ns,
      type: attributes['exception.type'] ?? '',
      message: attributes['exception.message'] ?? '',
      stack: attributes['exception.stacktrace'] ?? '',
    }))
}

/**
 * The frames of a stack, harmless and without the lines of the message before them. Frames of libraries and of Node.js are counted
 * instead of shown, unless there are no others. At most `limit` lines.
 */
export function shortStack(stack: string, limit: number): string[] {
  const lines = harmlessLines(stack)
  const frames = lines.filter((line) => /^\s+at\s/.test(line)).map((line) => line.trim())
  // Stacks of other languages have other frames.
  if (frames.length === 0) return bounded(lines.slice(1), limit)
  const own = frames.filter((frame) => !isForeign(frame))
  if (own.length === 0) return bounded(frames, limit)
  const foreign = frames.length - own.length
  return [...bounded(own, limit), ...(foreign > 0 ? [`… ${foreign} in libraries and Node.js`] : [])]
}

function isForeign(frame: string): boolean {
  return /[/\\]node_modules[/\\]|\(?node:|<anonymous>\)?$/.test(frame)
}

function bounded(lines: readonly string[], limit: number): string[] {
  const some = lines.filter((line) => line !== '')
  return some.length <= limit
    ? some
    : [...some.slice(0, limit), `… ${some.length - limit} more lines`]
}
