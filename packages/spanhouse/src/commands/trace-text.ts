import {
  criticalOperations,
  exceptionsOf,
  harmless,
  type LogRow,
  nsText,
  shortStack,
  type Trace,
  type TraceSpan,
  timeText,
} from '@spanhouse/queries'
import type { Output } from '../terminal/output.js'
import { paint } from '../terminal/paint.js'
import { wrap } from '../terminal/wrap.js'
import { logLines } from './trace-logs.js'
import { repeatLines, waterfall } from './trace-waterfall.js'

const MOST_ERRORS = 10
const STACK_LINES = 8
const PATH_OPERATIONS = 5

/** The whole answer of `spanhouse trace ID`. */
export function traceText(trace: Trace, logs: readonly LogRow[], out: Output): string {
  const blocks = [
    heading(trace, out),
    waterfall(trace, out),
    pathLines(trace, out),
    repeatLines(trace, out),
    ...errorBlocks(trace, out),
    logLines(trace, logs, out),
  ]
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => `${block.join('\n')}\n`)
    .join('\n')
}

function heading(trace: Trace, out: Output): string[] {
  const first = trace.roots[0]
  const services = trace.services.map(({ name }) => harmless(name, 100) || '(no service)')
  const errors = trace.errors === 0 ? '' : `, ${counted(trace.errors, 'error')}`
  return [
    ...wrap(harmless(first?.row.name ?? '', 200), out.width).map((line) =>
      paint(out, 'bold', line),
    ),
    ...wrap(
      `${nsText(trace.durationNs)}, ${counted(trace.spans.length, 'span')} of ${services.slice(0, 10).join(', ')}${errors}`,
      out.width,
    ),
    paint(out, 'dim', `${timeText(trace.startUs)}  trace ${harmless(trace.traceId, 64)}`),
  ]
}

function pathLines(trace: Trace, out: Output): string[] {
  const operations = criticalOperations(trace).slice(0, PATH_OPERATIONS)
  if (trace.spans.length < 2 || operations.length === 0) return []
  const parts = operations.map(({ name, criticalNs, spans }) => {
    const times = spans === 1 ? '' : ` ×${spans}`
    return `${nsText(criticalNs)} ${harmless(name, 100)}${times}`
  })
  return wrap(`${parts.join(', ')}`, out.width, { start: 'Critical path (█): ', maxLines: 4 })
}

function errorBlocks(trace: Trace, out: Output): string[][] {
  const failed = trace.spans.filter(
    ({ row }) => row.status === 'error' || exceptionsOf(row).length > 0,
  )
  const more = failed.length - MOST_ERRORS
  const stacks = new Set<string>()
  return [
    ...failed.slice(0, MOST_ERRORS).map((span) => errorBlock(span, stacks, out)),
    ...(more > 0 ? [[`… and ${counted(more, 'more failed span')}: --json has them all`]] : []),
  ]
}

/** `stacks` are those above. Express and its middleware record one exception on one span after another. */
function errorBlock({ row }: TraceSpan, stacks: Set<string>, out: Output): string[] {
  const exceptions = exceptionsOf(row)
  const title = `${harmless(row.service, 100)}: ${harmless(row.name, 200)}`
  // Many SDKs write the message of the exception into the status too.
  const isSaid = exceptions.some(({ message }) => message === row.status_message)
  const message = isSaid ? '' : harmless(row.status_message, 1000)
  const mark = row.status === 'error' ? '✗ ' : '! '
  const lines = wrap(message === '' ? title : `${title}: ${message}`, out.width, {
    start: mark,
    maxLines: 6,
  }).map((line, i) =>
    i === 0 ? paint(out, row.status === 'error' ? 'red' : 'yellow', mark) + line.slice(2) : line,
  )
  return [
    ...lines,
    ...exceptions.slice(0, 3).flatMap(({ type, message: text, stack }) => [
      ...wrap(
        [harmless(type, 200) || 'exception', harmless(text, 1000)].filter(Boolean).join(': '),
        out.width,
        {
          start: '  ',
          maxLines: 6,
        },
      ),
      ...stackLines(stack, stacks).flatMap((line) =>
        wrap(line, out.width, { start: '    ', maxLines: 2 }).map((one) => paint(out, 'dim', one)),
      ),
    ]),
  ]
}

function stackLines(stack: string, above: Set<string>): string[] {
  if (above.has(stack) && stack !== '') return ['(the same stack as above)']
  above.add(stack)
  return shortStack(stack, STACK_LINES).map((line) => harmless(line, 400))
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
