import { nsText } from './duration-text.js'
import { exceptionsOf } from './exceptions.js'
import { harmless, harmlessLines } from './harmless.js'
import { codeBlock, inlineCode } from './markdown-text.js'
import { timeText } from './time-text.js'
import type { TraceSpan } from './trace.js'

const ATTRIBUTES = 100
const EVENTS = 20
const STACK_LINES = 40

/** One span for an issue or a prompt: what it is, its attributes, events and links. Bounded in size, and hostile text stays within its code. */
export function spanMarkdown(span: TraceSpan): string {
  const { row } = span
  const title =
    `**Span** ${inlineCode(`${row.service} ${row.name}`, 200)}: ${nsText(row.duration_ns)}, ` +
    `${nsText(span.startNs)} after the start of its trace, at ${timeText(row.start_us, 'utc')}`
  const parts = [
    title,
    block('', [
      `trace ${harmless(row.trace_id, 64)}, span ${harmless(row.span_id, 64)}, parent ${harmless(row.parent_span_id, 64) || 'none'}`,
      `kind ${harmless(row.kind, 20) || 'unknown'}, status ${harmless(row.status, 20)}${row.status_message === '' ? '' : `: ${harmless(row.status_message, 2000)}`}`,
      ...(row.scope_name === ''
        ? []
        : [`scope ${harmless(row.scope_name, 200)} ${harmless(row.scope_version, 50)}`.trim()]),
    ]),
    block('Attributes:', pairs(row.attributes)),
    ...exceptionsOf(row)
      .slice(0, EVENTS)
      .map(({ type, message, stack }) =>
        block(`Exception ${inlineCode(`${type || 'exception'}: ${message}`, 300)}:`, [
          ...harmlessLines(stack).slice(0, STACK_LINES),
        ]),
      ),
    block('Events:', eventLines(span)),
    block(
      'Links:',
      row.links
        .slice(0, EVENTS)
        .map((link) => `trace ${harmless(link.trace_id, 64)}, span ${harmless(link.span_id, 64)}`),
    ),
    block('Resource:', pairs(row.resource)),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function eventLines({ row, startNs }: TraceSpan): string[] {
  const others = row.events.filter(({ name }) => name !== 'exception')
  const lines = others.slice(0, EVENTS).map((event) => {
    const atNs = event.offset_ns - row.offset_ns + startNs
    return [`${nsText(atNs)} ${harmless(event.name, 200)}`, ...pairs(event.attributes)].join(' ')
  })
  return withRest(lines, others.length, 'events')
}

function pairs(attributes: Readonly<Record<string, string>>): string[] {
  const all = Object.entries(attributes)
  const lines = all
    .slice(0, ATTRIBUTES)
    .map(([key, value]) => `${harmless(key, 200)} = ${harmless(value, 1000)}`)
  return withRest(lines, all.length, 'attributes')
}

function withRest(lines: string[], count: number, what: string): string[] {
  return count > lines.length ? [...lines, `… and ${count - lines.length} more ${what}`] : lines
}

function block(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return ''
  return [...(title === '' ? [] : [title, '']), ...codeBlock(lines)].join('\n')
}
