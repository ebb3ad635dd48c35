// Plain JavaScript, because child processes make the same spans. Everything in a span follows from its
// number and the name of the run, so that an oracle need not keep what it wants to find again.
import { createHash } from 'node:crypto'

const KINDS = ['INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const STATUSES = ['UNSET', 'OK', 'ERROR']
const SERVICES = ['alpha', "b'eta`", 'gam\\ma\n']
const TEXTS = [
  '',
  'plain',
  '"quoted"\\',
  'líne\nbreak\ttab',
  '\u0000\u0007 control',
  '🦊 \u2028',
  '{"a":[1]}',
  '/*--;',
]

/** Rows of this name are those that a test's server refuses. */
export const POISON = 'poison'

const RESOURCES = SERVICES.map((name) => ({
  attributes: {
    'service.name': name,
    'project.name': 'faults',
    'deployment.environment.name': 'test',
  },
}))
const SCOPE = { name: 'faults', version: '1' }

const hex = (number) => (number >>> 0).toString(16).padStart(8, '0')

/** The id of a span, and back: `run` is 8 hex digits. */
export const spanIdOf = (run, number) => `${run}${hex(number)}`
export const numberOf = (spanId) => Number.parseInt(spanId.slice(8), 16)

const traceIdOf = (run, number) => `${run}${hex(number)}${run}${hex(number ^ 0x5a5a5a5a)}`

/** A span with everything in it that a row can have, more or less of it by its number. */
export function numberedSpan(
  run,
  number,
  { poison = false, bytes = 0, resource = undefined, startedAt = Date.now() } = {},
) {
  const seconds = Math.floor(startedAt / 1000)
  const context = { traceId: traceIdOf(run, number), spanId: spanIdOf(run, number), traceFlags: 1 }
  return {
    name: poison ? POISON : `operation ${number % 7}`,
    kind: number % 5,
    spanContext: () => context,
    ...(number % 3 === 1 && {
      parentSpanContext: { traceId: context.traceId, spanId: spanIdOf(run, number - 1) },
    }),
    startTime: [seconds, number % 1e9],
    endTime: [seconds + (number % 2), ((number * 7) % 1e9) + (number % 1e9)],
    status: { code: number % 3 },
    attributes: attributesOf(run, number, bytes, resource),
    events: Array.from({ length: number % 3 }, (_, n) => ({
      name: `event ${n}`,
      time: [seconds, n],
      attributes: { n },
    })),
    links: Array.from({ length: number % 2 }, () => ({
      context: { traceId: context.traceId, spanId: spanIdOf(run, 0) },
    })),
    resource: RESOURCES[resource ?? resourceOf(number)],
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

// Rows of one resource travel together: a few of each.
const resourceOf = (number) => Math.floor(number / 16) % RESOURCES.length

function attributesOf(run, number, bytes, resource) {
  const text = TEXTS[number % TEXTS.length]
  const filling = fillingOf(run, number, bytes)
  return {
    'fault.number': number,
    'fault.text': text,
    ...(bytes > 0 && { 'fault.filling': filling }),
    ...(resource !== undefined && { 'fault.resource': resource }),
    'fault.sum': sumOf(run, number, text, filling),
  }
}

/** Bytes that hardly compress. */
function fillingOf(run, number, bytes) {
  let text = ''
  for (let block = 0; text.length < bytes; block++)
    text += createHash('sha256').update(`${run} ${number} ${block}`).digest('base64')
  return text.slice(0, bytes)
}

const sumOf = (run, number, text, filling) =>
  createHash('sha256')
    .update(JSON.stringify([run, number, text, filling]))
    .digest('hex')
    .slice(0, 16)

/** What must stand in a row, by the names of the oracle. */
export function expectedOf(run, number, row) {
  const filling = row.attributes['fault.filling'] ?? ''
  const text = TEXTS[number % TEXTS.length]
  const resource = row.attributes['fault.resource']
  return {
    traceId: traceIdOf(run, number),
    parentId: number % 3 === 1 ? spanIdOf(run, number - 1) : '',
    kind: KINDS[number % 5],
    status: STATUSES[number % 3],
    service: SERVICES[Number(resource ?? resourceOf(number))],
    events: Array.from({ length: number % 3 }, (_, n) => `event ${n}`),
    links: Array.from({ length: number % 2 }, () => spanIdOf(run, 0)),
    attributes: {
      'fault.number': String(number),
      'fault.text': text,
      ...(filling !== '' && { 'fault.filling': fillingOf(run, number, filling.length) }),
      ...(resource !== undefined && { 'fault.resource': resource }),
      'fault.sum': sumOf(run, number, text, filling),
    },
  }
}
