import type { LogRow } from '../ask/rows.js'
import { barText } from './bar.js'
import { criticalOperations } from './critical-operations.js'
import { nsText } from './duration-text.js'
import { exceptionsOf, shortStack } from './exceptions.js'
import { harmless } from './harmless.js'
import { logsPart } from './log-markdown.js'
import { codeBlock, inlineCode } from './markdown-text.js'
import { repeatFigures } from './repeat-text.js'
import { timeText } from './time-text.js'
import type { Repeat, Trace, TraceSpan } from './trace.js'
import { visibleRows, type WaterfallRow } from './visible-rows.js'

// A whole issue on GitHub has 65,536 characters.
const ROWS = 150
const ERRORS = 10
const ATTRIBUTES = 40
const STACK_LINES = 12
const PATH_OPERATIONS = 5
const BAR = 24
const MARKS = { critical: '#', beside: '-' }

/**
 * The trace for an issue or a prompt: a waterfall, what it spent its time on, its repeats, its errors with their attributes, and the lines of
 * its logs.
 * Bounded in size, and hostile text stays within its code.
 */
export function traceMarkdown(trace: Trace, logs: readonly LogRow[] = []): string {
  const first = trace.roots[0]
  if (!first)
    return `${['The trace has no spans.', ...logsPart(logs, trace.startUs)].join('\n\n')}\n`
  const parts = [
    `**Trace** ${inlineCode(trace.traceId, 64)}: ${inlineCode(`${first.row.service} ${first.row.name}`, 200)}, ` +
      `${nsText(trace.durationNs)}, ${counted(trace.spans.length, 'span')}, ${counted(trace.services.length, 'service')}, ` +
      `${counted(trace.errors, 'error')}, at ${timeText(trace.startUs, 'utc')}`,
    codeBlock(waterfall(trace)).join('\n'),
    ...pathPart(trace),
    ...repeatsPart(trace.repeats),
    ...errorsPart(trace),
    ...logsPart(logs, trace.startUs),
  ]
  return `${parts.join('\n\n')}\n`
}

function waterfall(trace: Trace): string[] {
  const rows = visibleRows(trace)
  const lines = rows.slice(0, ROWS).map((row) => waterfallLine(row, trace.durationNs))
  const more = rows.length - ROWS
  return [
    `${'start'.padStart(9)}  ${'duration'.padStart(9)}  ${' '.repeat(BAR + 2)}  service: span`,
    ...lines,
    ...(more > 0 ? [`… and ${more} more rows`] : []),
  ]
}

// The name comes last: nothing has to be aligned after characters of an unknown width.
function waterfallLine(row: WaterfallRow, totalNs: number): string {
  const { span, repeat } = row
  const indent = '  '.repeat(Math.min(span.depth, 20)) + (span.depth > 20 ? `(${span.depth}) ` : '')
  const marks = [
    ...(repeat ? [repeatFigures(repeat)] : []),
    ...(span.row.status === 'error' ? ['ERROR'] : []),
    ...(span.missingParent ? [`parent ${harmless(span.missingParent, 32)} is missing`] : []),
    ...(span.inCycle ? ['its parents lead back to it'] : []),
  ]
  return [
    nsText(span.startNs).padStart(9),
    nsText(span.row.duration_ns).padStart(9),
    `[${barText(row, totalNs, BAR, MARKS)}]`,
    indent +
      `${harmless(span.row.service, 60)}: ${harmless(span.row.name, 120)}` +
      (marks.length > 0 ? ` [${marks.join('; ')}]` : ''),
  ].join('  ')
}

function pathPart(trace: Trace): string[] {
  const longest = criticalOperations(trace).slice(0, PATH_OPERATIONS)
  if (longest.length === 0) return []
  const lines = longest.map(({ service, name, criticalNs, spans }) => {
    const share = Math.round((100 * criticalNs) / Math.max(trace.durationNs, 1))
    const times = spans === 1 ? '' : ` ×${spans}`
    return `- ${nsText(criticalNs)} (${share} %) in ${inlineCode(`${service}: ${name}`, 200)}${times}`
  })
  return [`What decided when it ended (\`#\` above):\n\n${lines.join('\n')}`]
}

function repeatsPart(repeats: readonly Repeat[]): string[] {
  if (repeats.length === 0) return []
  const lines = repeats.slice(0, ERRORS).map((repeat) => {
    const parent = repeat.spans[0]?.parent
    return (
      `- ${inlineCode(`${repeat.service}: ${repeat.name}`, 200)} ${repeatFigures(repeat)}` +
      `${parent ? ` in ${titleOf(parent)}` : ''}${repeat.sequential ? ' (N+1)' : ''}`
    )
  })
  return [`Repeats:\n\n${lines.join('\n')}`]
}

function errorsPart(trace: Trace): string[] {
  const failed = trace.spans.filter(
    ({ row }) => row.status === 'error' || exceptionsOf(row).length > 0,
  )
  if (failed.length === 0) return []
  const more = failed.length - ERRORS
  return [
    'Errors:',
    ...failed.slice(0, ERRORS).map(errorPart),
    ...(more > 0 ? [`… and ${more} more`] : []),
  ]
}

function errorPart(span: TraceSpan): string {
  const { row } = span
  const attributes = Object.entries(row.attributes)
  const lines = [
    ...(row.status_message === '' ? [] : [harmless(row.status_message, 2000)]),
    ...exceptionsOf(row).flatMap(({ type, message, stack }) => [
      `${harmless(type, 200) || 'exception'}: ${harmless(message, 2000)}`,
      ...shortStack(stack, STACK_LINES).map((line) => `    ${harmless(line, 500)}`),
    ]),
    ...attributes
      .slice(0, ATTRIBUTES)
      .map(([key, value]) => `${harmless(key, 200)} = ${harmless(value, 500)}`),
    ...(attributes.length > ATTRIBUTES
      ? [`… and ${attributes.length - ATTRIBUTES} more attributes`]
      : []),
  ]
  const title = `- ${titleOf(span)}, ${nsText(row.duration_ns)}, span ${inlineCode(row.span_id, 64)}`
  return lines.length === 0
    ? title
    : [title, '', ...codeBlock(lines).map((line) => `  ${line}`)].join('\n')
}

function titleOf({ row }: TraceSpan): string {
  return inlineCode(`${row.service}: ${row.name}`, 200)
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
