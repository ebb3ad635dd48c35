import type { SpanRow, Trace, TraceSpan } from '@spanhouse/queries'

const LONGEST_VALUE = 20_000
const texts = new WeakMap<TraceSpan, string>()

/**
 * The spans (their numbers in `trace.spans`) that a text is found in, in any case: in the name, the service, the ids, the status, and in
 * what attributes, resource, events and links say. `key=value` finds an attribute.
 */
export function findSpans(trace: Trace, text: string): number[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return []
  return trace.spans.filter((span) => textOf(span).includes(wanted)).map(({ index }) => index)
}

/** Made at the first search: a trace of 10,000 spans opens without it. */
function textOf(span: TraceSpan): string {
  let text = texts.get(span)
  if (text === undefined) {
    text = allTexts(span.row).join('\n').toLowerCase()
    texts.set(span, text)
  }
  return text
}

function allTexts(row: SpanRow): string[] {
  return [
    row.name,
    row.service,
    row.kind,
    row.status === 'unset' ? '' : row.status,
    row.status_message,
    row.span_id,
    row.scope_name,
    ...pairs(row.attributes),
    ...pairs(row.resource),
    ...row.events.flatMap((event) => [event.name, ...pairs(event.attributes)]),
    ...row.links.flatMap((link) => [link.trace_id, link.span_id, ...pairs(link.attributes)]),
  ]
}

function pairs(attributes: Readonly<Record<string, string>>): string[] {
  return Object.entries(attributes).map(
    ([key, value]) => `${key}=${String(value).slice(0, LONGEST_VALUE)}`,
  )
}

/** The next of the numbers after `from`, or before it; round the end. Undefined if there are none. */
export function nextOf(
  numbers: readonly number[],
  from: number,
  direction: 1 | -1,
): number | undefined {
  if (direction === 1) return numbers.find((number) => number > from) ?? numbers[0]
  return numbers.findLast((number) => number < from) ?? numbers.at(-1)
}
