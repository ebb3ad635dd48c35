// Plain JavaScript, because child processes make the same records. Everything in a record follows from its
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

/** The name of a span or metric, or the body of a log record, whose row a test's server refuses. */
export const POISON = 'poison'

/** Whether a row of our own tables is poisoned. */
export const isPoison = ({ span_name, body, metric_name }) =>
  [span_name, body, metric_name].includes(POISON)

const RESOURCES = SERVICES.map((name) => ({
  attributes: {
    'service.name': name,
    'project.name': 'faults',
    'deployment.environment.name': 'test',
  },
}))
const SCOPE = { name: 'faults', version: '1' }

const hex = (number) => (number >>> 0).toString(16).padStart(8, '0')

/** The id of a record, and back: `run` is 8 hex digits. */
export const spanIdOf = (run, number) => `${run}${hex(number)}`
export const numberOf = (spanId) => Number.parseInt(spanId.slice(8), 16)

const traceIdOf = (run, number) => `${run}${hex(number)}${run}${hex(number ^ 0x5a5a5a5a)}`

/** A span with everything in it that a row can have, more or less of it by its number. */
function numberedSpan(
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

/** A log record within the span of the same number. */
function numberedLog(
  run,
  number,
  { poison = false, bytes = 0, resource = undefined, startedAt = Date.now() } = {},
) {
  const seconds = Math.floor(startedAt / 1000)
  return {
    hrTime: [seconds, number % 1e9],
    hrTimeObserved: [seconds, (number * 7) % 1e9],
    spanContext: { traceId: traceIdOf(run, number), spanId: spanIdOf(run, number), traceFlags: 1 },
    severityNumber: severityOf(number),
    severityText: `severity ${number % 5}`,
    body: poison ? POISON : bodyOf(number),
    ...(number % 3 !== 0 && { eventName: eventOf(number) }),
    attributes: attributesOf(run, number, bytes, resource),
    resource: RESOURCES[resource ?? resourceOf(number)],
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
  }
}

const eventOf = (number) => (number % 3 === 0 ? '' : `event ${number % 3}`)
const severityOf = (number) => 1 + (number % 24)
const bodyOf = (number) => `line ${number % 7} ${TEXTS[number % TEXTS.length]}`

// As the SDK has it: one descriptor for the life of an instrument.
const METRICS = ['gauge', 'sum', 'histogram', 'exponential_histogram'].map((type) => ({
  type,
  descriptor: { name: `a ${type}`, description: `"quoted" ${type}`, unit: 'ms' },
}))
const POISONED = { name: POISON, description: '', unit: '' }
/** DataPointType of the SDK. */
const POINT_TYPES = { histogram: 0, exponential_histogram: 1, gauge: 2, sum: 3 }
const CUMULATIVE = 1

/** A metric of one data point. All that are exported together have one resource, as in the SDK. */
function numberedPoint(
  run,
  number,
  { poison = false, bytes = 0, resource = undefined, startedAt = Date.now() } = {},
) {
  const seconds = Math.floor(startedAt / 1000)
  const { type, descriptor } = metricOf(number)
  return {
    resource: RESOURCES[resource ?? resourceOfRun(run)],
    scope: SCOPE,
    metric: {
      descriptor: poison ? POISONED : descriptor,
      dataPointType: POINT_TYPES[type],
      aggregationTemporality: CUMULATIVE,
      isMonotonic: true,
      dataPoints: [
        {
          startTime: [seconds - 60, 0],
          endTime: [seconds, number % 1e9],
          attributes: {
            'fault.id': spanIdOf(run, number),
            ...attributesOf(run, number, bytes, resource),
          },
          value: measured(type, number),
        },
      ],
    },
  }
}

const metricOf = (number) => METRICS[number % METRICS.length]
const resourceOfRun = (run) => Number.parseInt(run, 16) % RESOURCES.length

function measured(type, number) {
  if (type === 'gauge' || type === 'sum') return number + 0.5
  const summary = { count: number % 100, sum: number, min: 0.25, max: number }
  if (type === 'histogram')
    return { ...summary, buckets: { boundaries: [1, 2.5], counts: countsOf(number) } }
  const positive = { offset: -(number % 3), bucketCounts: countsOf(number) }
  return { ...summary, scale: 3, zeroCount: 0, positive, negative: { offset: 0, bucketCounts: [] } }
}

const countsOf = (number) => [number % 3, number % 5, 1]

/** How to make the records of each signal. */
export const numbered = { traces: numberedSpan, logs: numberedLog, metrics: numberedPoint }

/** What must stand in a row of our own table, by the names of the oracle. `row`: what does. */
export const expectedOf = {
  traces: (run, number, row) => ({
    ...commonOf(run, number, row),
    traceId: traceIdOf(run, number),
    parentId: number % 3 === 1 ? spanIdOf(run, number - 1) : '',
    kind: KINDS[number % 5],
    status: STATUSES[number % 3],
    events: Array.from({ length: number % 3 }, (_, n) => `event ${n}`),
    links: Array.from({ length: number % 2 }, () => spanIdOf(run, 0)),
  }),
  logs: (run, number, row) => ({
    ...commonOf(run, number, row),
    traceId: traceIdOf(run, number),
    severity: String(severityOf(number)),
    body: row.body === POISON ? POISON : bodyOf(number),
    event: eventOf(number),
  }),
  metrics: (run, number, row) => {
    const { type } = metricOf(number)
    const value = measured(type, number)
    const common = commonOf(run, number, row)
    const resource = row.attributes['fault.resource']
    return {
      ...common,
      service: SERVICES[Number(resource ?? resourceOfRun(run))],
      attributes: { 'fault.id': spanIdOf(run, number), ...common.attributes },
      type,
      name: row.name === POISON ? POISON : `a ${type}`,
      value: String(typeof value === 'number' ? value : 0),
      count: String(value.count ?? 0),
      counts: type === 'histogram' ? countsOf(number).map(String) : [],
      exponentialCounts: type === 'exponential_histogram' ? countsOf(number).map(String) : [],
    }
  },
}

function commonOf(run, number, row) {
  const filling = row.attributes['fault.filling'] ?? ''
  const text = TEXTS[number % TEXTS.length]
  const resource = row.attributes['fault.resource']
  return {
    service: SERVICES[Number(resource ?? resourceOf(number))],
    attributes: {
      'fault.number': String(number),
      'fault.text': text,
      ...(filling !== '' && { 'fault.filling': fillingOf(run, number, filling.length) }),
      ...(resource !== undefined && { 'fault.resource': resource }),
      'fault.sum': sumOf(run, number, text, filling),
    },
  }
}
