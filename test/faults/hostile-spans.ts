import type { SpanLike } from '@spanhouse/transform'
import {
  anyId,
  COMMON_PLACES,
  entry,
  type Fields,
  holed,
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

/** The places where any value may be. */
const PLACES: Readonly<Record<string, Place>> = {
  ...COMMON_PLACES,
  name: (name) => ({ name }),
  kind: (kind) => ({ kind }),
  status: (status) => ({ status }),
  'status.code': (code) => ({ status: { code, message: 'm' } }),
  'status.message': (message) => ({ status: { code: 2, message } }),
  spanContext: (spanContext) => ({ spanContext }),
  'what spanContext() gives': (value) => ({ spanContext: () => value }),
  traceId: (traceId) => ({ spanContext: () => ({ traceId, spanId: SPAN_ID }) }),
  spanId: (spanId) => ({ spanContext: () => ({ traceId: TRACE_ID, spanId }) }),
  traceState: (traceState) => ({
    spanContext: () => ({ traceId: TRACE_ID, spanId: SPAN_ID, traceState }),
  }),
  parentSpanContext: (parentSpanContext) => ({ parentSpanContext }),
  parentSpanId: (parentSpanId) => ({ parentSpanContext: undefined, parentSpanId }),
  startTime: (startTime) => ({ startTime }),
  'seconds of startTime': (value) => ({ startTime: [value, 5] }),
  'nanoseconds of endTime': (value) => ({ endTime: [1_729_627_200, value] }),
  events: (events) => ({ events }),
  event: (event) => ({ events: [{ name: 'before', time: [1, 2] }, event] }),
  'event.name': (name) => ({ events: [{ name, time: [1, 2], attributes: {} }] }),
  'event.time': (time) => ({ events: [{ name: 'e', time, attributes: {} }] }),
  'event.attributes': (attributes) => ({ events: [{ name: 'e', time: [1, 2], attributes }] }),
  'event attribute': (value, random) => ({
    events: [{ name: 'e', time: [1, 2], attributes: own([hostileKey(random), value]) }],
  }),
  links: (links) => ({ links }),
  link: (link) => ({ links: [link, { context: { traceId: TRACE_ID, spanId: SPAN_ID } }] }),
  'link.context': (context) => ({ links: [{ context, attributes: {} }] }),
  'link attribute': (value) => ({
    links: [{ context: { traceId: TRACE_ID, spanId: SPAN_ID }, attributes: { value } }],
  }),
}

const FIELDS = [
  'name',
  'kind',
  'spanContext',
  'parentSpanContext',
  'startTime',
  'endTime',
  'status',
  'attributes',
  'events',
  'links',
  'resource',
  'instrumentationScope',
]

const STRUCTURES: Readonly<Record<string, Shape>> = {
  'times are anywhere': (random, span) => {
    span['startTime'] = [random.pick(SECONDS), random.between(-5, 2_000_000_000)]
    span['endTime'] = [random.pick(SECONDS), random.between(-5, 2_000_000_000)]
  },
  'ids are of any length and case': (random, span) => {
    const [traceId, spanId, parent] = [anyId(random), anyId(random), anyId(random)]
    span['spanContext'] = () => ({ traceId, spanId })
    span['parentSpanContext'] = { traceId, spanId: parent }
  },
  'texts are hostile': (random, span) => {
    span['name'] = hostileText(random)
    span['status'] = { code: 2, message: hostileText(random) }
    span['attributes'] = own(
      ...many(random, 8, () => entry(hostileKey(random), hostileText(random))),
    )
  },
  'events and links without fields': (random, span) => {
    const hollow = () => random.pick([{}, null, undefined, [], 7, { attributes: null }])
    span['events'] = Array.from({ length: random.between(1, 4) }, hollow)
    span['links'] = Array.from({ length: random.between(1, 4) }, hollow)
  },
  'lists with holes': (_, span) => {
    span['events'] = holed({ name: 'e', time: [1, 2] })
    span['links'] = holed({ context: { traceId: TRACE_ID, spanId: SPAN_ID } })
    span['attributes'] = { list: holed('x') }
  },
}

const HEAVY_STRUCTURES: Readonly<Record<string, Shape>> = {
  'a thousand events': (_, span) => {
    span['events'] = Array.from({ length: 1000 }, (_, n) => ({ name: `e${n}`, time: [n, n] }))
  },
}

function ordinary(random: Random, resource: object): Fields {
  const startTime = [random.pick(SECONDS), random.between(0, 999_999_999)]
  return {
    name: 'GET /cart',
    kind: random.between(-1, 6),
    spanContext: () => ({ traceId: TRACE_ID, spanId: SPAN_ID }),
    parentSpanContext: { traceId: TRACE_ID, spanId: '00f067aa0ba902b7' },
    startTime,
    endTime: [startTime[0], 999_999_999],
    status: { code: random.between(-1, 4), message: 'out of stock' },
    attributes: { 'http.route': '/cart', 'http.response.status_code': 500, ratio: 0.5, ok: false },
    events: [{ name: 'exception', time: startTime, attributes: { 'exception.type': 'E' } }],
    links: [{ context: { traceId: TRACE_ID, spanId: SPAN_ID }, attributes: { reason: 'retry' } }],
    resource,
    instrumentationScope: { name: 'http', version: '1.2.3' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

export const HOSTILE_SPANS: Source<SpanLike> = hostile({
  ordinary,
  places: PLACES,
  structures: STRUCTURES,
  heavyStructures: HEAVY_STRUCTURES,
  heavyPlaces: ['attribute', 'name', 'events', 'event attribute', 'scope.name'],
  fields: FIELDS,
})
