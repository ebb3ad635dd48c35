import type { LogRecordLike } from '@spanhouse/transform'
import {
  anyId,
  COMMON_PLACES,
  entry,
  type Fields,
  hostile,
  many,
  own,
  type Place,
  SECONDS,
  type Shape,
  type Source,
  SPAN_ID,
  TRACE_ID,
} from './hostile.js'
import { hostileKey, hostileText } from './hostile-values.js'
import type { Random } from './seed.js'

const PLACES: Readonly<Record<string, Place>> = {
  ...COMMON_PLACES,
  body: (body) => ({ body }),
  'a value in a map in the body': (value, random) => ({
    body: own(['a', 1], [hostileKey(random), value], ['list', [value, [value]]]),
  }),
  hrTime: (hrTime) => ({ hrTime }),
  'seconds of hrTime': (value) => ({ hrTime: [value, 5] }),
  hrTimeObserved: (hrTimeObserved) => ({ hrTimeObserved }),
  'nanoseconds of hrTimeObserved, the only time': (value) => ({
    hrTime: [0, 0],
    hrTimeObserved: [1_729_627_200, value],
  }),
  spanContext: (spanContext) => ({ spanContext }),
  traceId: (traceId) => ({ spanContext: { traceId, spanId: SPAN_ID, traceFlags: 1 } }),
  spanId: (spanId) => ({ spanContext: { traceId: TRACE_ID, spanId, traceFlags: 1 } }),
  traceFlags: (traceFlags) => ({
    spanContext: { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags },
  }),
  severityNumber: (severityNumber) => ({ severityNumber }),
  severityText: (severityText) => ({ severityText }),
  eventName: (eventName) => ({ eventName }),
}

const STRUCTURES: Readonly<Record<string, Shape>> = {
  'times are anywhere': (random, log) => {
    log['hrTime'] = [random.pick(SECONDS), random.between(-5, 2_000_000_000)]
    log['hrTimeObserved'] = [random.pick(SECONDS), random.between(-5, 2_000_000_000)]
  },
  'ids are of any length and case': (random, log) => {
    log['spanContext'] = { traceId: anyId(random), spanId: anyId(random), traceFlags: 1 }
  },
  'texts are hostile': (random, log) => {
    log['body'] = hostileText(random)
    log['severityText'] = hostileText(random)
    log['eventName'] = hostileText(random)
    log['attributes'] = own(
      ...many(random, 8, () => entry(hostileKey(random), hostileText(random))),
    )
  },
  'the body is a map of hostile texts': (random, log) => {
    log['body'] = own(...many(random, 8, () => entry(hostileKey(random), hostileText(random))))
  },
}

const HEAVY_STRUCTURES: Readonly<Record<string, Shape>> = {
  'a body of a thousand values': (random, log) => {
    log['body'] = own(
      ...Array.from({ length: 1000 }, (_, n) => entry(`${hostileText(random)}${n}`, [n])),
    )
  },
}

function ordinary(random: Random, resource: object): Fields {
  const time = [random.pick(SECONDS), random.between(0, 999_999_999)]
  return {
    hrTime: time,
    hrTimeObserved: time,
    spanContext: { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1 },
    severityNumber: random.between(-1, 26),
    severityText: 'WARN',
    body: 'the card was declined',
    eventName: random.chance(0.5) ? undefined : 'payment.declined',
    attributes: { 'http.route': '/cart', 'cart.items': 3, ratio: 0.5, ok: false },
    resource,
    instrumentationScope: { name: 'pino', version: '1.2.3' },
    droppedAttributesCount: 0,
  }
}

export const HOSTILE_LOGS: Source<LogRecordLike> = hostile({
  ordinary,
  places: PLACES,
  structures: STRUCTURES,
  heavyStructures: HEAVY_STRUCTURES,
  heavyPlaces: ['attribute', 'body', 'eventName', 'scope.name'],
  fields: [
    ...['hrTime', 'hrTimeObserved', 'spanContext', 'severityNumber', 'severityText', 'body'],
    ...['eventName', 'attributes', 'resource', 'instrumentationScope'],
  ],
})
