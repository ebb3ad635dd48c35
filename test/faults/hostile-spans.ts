import type { SpanLike } from '@spanhouse/transform'
import { HEAVY_VALUES, hostileKey, hostileText, VALUES } from './hostile-values.js'
import type { Random } from './seed.js'

export interface HostileSpan {
  /** What is wrong with it: `event.time: a bigint`. */
  readonly shape: string
  readonly span: SpanLike
}

type Fields = Record<string, unknown>
type Value = (random: Random) => unknown
type Shape = (random: Random, span: Fields) => unknown

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const SPAN_ID = 'b7ad6b7169203331'
// Only a few days: rows of more than a hundred days would need several batches.
const SECONDS = [0, 1, 86_399, 1_729_627_200, 1_729_713_600, 2 ** 31, 2 ** 32, 9_223_372_036]

/** The places where any value may be. */
const PLACES: Readonly<Record<string, (value: unknown, random: Random) => Fields>> = {
  attribute: (value, random) => ({
    attributes: own(['before', 1], [hostileKey(random), value], ['after', true]),
  }),
  'attribute in a list': (value) => ({ attributes: { list: [value, 'a', [value]] } }),
  'attribute in a map': (value, random) => ({
    attributes: { map: own(['a', 1], [hostileKey(random), value]) },
  }),
  attributes: (attributes) => ({ attributes }),
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
  resource: (resource) => ({ resource }),
  'resource.attributes': (attributes) => ({ resource: { attributes } }),
  'resource attribute': (value, random) => ({
    resource: { attributes: own(['service.name', value], [hostileKey(random), value]) },
  }),
  scope: (instrumentationScope) => ({ instrumentationScope }),
  'scope.name': (name) => ({ instrumentationScope: { name, version: '1' } }),
  'scope.version': (version) => ({ instrumentationScope: { name: 'n', version } }),
  'dropped counts': (count) => ({
    droppedAttributesCount: count,
    droppedEventsCount: count,
    droppedLinksCount: count,
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
  'a field is missing': (random, span) => {
    delete span[random.pick(FIELDS)]
  },
  'most fields are missing': (random, span) => {
    for (const field of random.shuffled(FIELDS).slice(2)) delete span[field]
  },
  'a field is null': (random, span) => {
    span[random.pick(FIELDS)] = null
  },
  'a field throws when it is read': (random, span) => {
    Object.defineProperty(span, random.pick(FIELDS), { get: throws, enumerable: true })
  },
  'fields are getters of a class': (_, span) =>
    Object.create(
      Object.defineProperties(
        {},
        Object.fromEntries(
          Object.entries(span).map(([name, value]) => [name, { get: () => value }]),
        ),
      ),
    ),
  'it is a Proxy': (_, span) => new Proxy(span, {}),
  'it is frozen': (_, span) => Object.freeze(span),
  'times are anywhere': (random, span) => {
    span['startTime'] = [random.pick(SECONDS), random.between(-5, 2_000_000_000)]
    span['endTime'] = [random.pick(SECONDS), random.between(-5, 2_000_000_000)]
  },
  'ids are of any length and case': (random, span) => {
    const id = () =>
      Array.from({ length: random.between(0, 40) }, () => random.pick([...'0aAfF9gZ é'])).join('')
    const [traceId, spanId, parent] = [id(), id(), id()]
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
  'texts of the resource and the scope are hostile': (random, span) => {
    span['resource'] = {
      attributes: own(
        ['service.name', hostileText(random)],
        ...many(random, 8, () => entry(hostileKey(random), hostileText(random))),
      ),
    }
    span['instrumentationScope'] = { name: hostileText(random), version: hostileText(random) }
  },
  'keys are numbers, or nearly': (random, span) => {
    span['attributes'] = own(
      ...many(random, 8, () =>
        entry(random.pick(['0', '1', '01', '-1', '1.5', '4294967295', '1e3', '']), 1),
      ),
    )
  },
  'keys are those of Object.prototype': (_, span) => {
    span['attributes'] = own(
      ...Object.getOwnPropertyNames(Object.prototype).map((key) => entry(key, key)),
    )
  },
  'keys become one when they are mended': (_, span) => {
    span['attributes'] = own(['k\ud800', 1], ['k\udc00', 2], ['k\ufffd', 3])
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

// Only now and then: each costs as much as hundreds of others.
const HEAVY_STRUCTURES: Readonly<Record<string, Shape>> = {
  'a thousand attributes': (random, span) => {
    span['attributes'] = own(
      ...Array.from({ length: 1000 }, (_, n) => entry(`${hostileText(random)}${n}`, n)),
    )
  },
  'a thousand events': (_, span) => {
    span['events'] = Array.from({ length: 1000 }, (_, n) => ({ name: `e${n}`, time: [n, n] }))
  },
  'a resource too long for a statement': (_, span) => {
    span['resource'] = { attributes: { 'service.name': '\\"é'.repeat(40_000) } }
  },
}

const VALUE_SHAPES = Object.entries(PLACES).flatMap(([place, change]) =>
  Object.entries(VALUES).map(([value, make]) => shapeOf(place, change, value, make)),
)
const SHAPES: readonly [string, Shape][] = [...Object.entries(STRUCTURES), ...VALUE_SHAPES]
const HEAVY: readonly [string, Shape][] = [
  ...Object.entries(HEAVY_STRUCTURES),
  ...Object.entries(HEAVY_VALUES).flatMap(([value, make]) =>
    ['attribute', 'name', 'events', 'event attribute'].map((place) =>
      shapeOf(place, PLACES[place] as (typeof PLACES)[string], value, make),
    ),
  ),
  // Resources and scopes are encoded once for each object: heavy ones in all places take their time.
  ...Object.entries(HEAVY_VALUES).map(([value, make]) =>
    shapeOf('scope.name', PLACES['scope.name'] as (typeof PLACES)[string], value, make),
  ),
]

function shapeOf(
  place: string,
  change: (value: unknown, random: Random) => Fields,
  value: string,
  make: Value,
): [string, Shape] {
  return [
    `${place}: ${value}`,
    (random, span) => void Object.assign(span, change(make(random), random)),
  ]
}

const HEAVY_CHANCE = 1 / 1000
const SECOND_SHAPE_CHANCE = 0.3
const RESOURCES = 6

/** Spans that follow from a seed: each shape once, in some order, and from then on any, often two in one span. */
export function* hostileSpans(random: Random): Generator<HostileSpan, never> {
  const resources = Array.from({ length: RESOURCES }, () => ordinaryResource(random))
  const spanOf = ([shape, change]: readonly [string, Shape], second?: readonly [string, Shape]) => {
    // As an SDK may do when a detector is done: what was remembered of the resource is out of date then.
    if (random.chance(1 / 200)) {
      const { attributes } = ordinaryResource(random)
      random.pick(resources).attributes = attributes
    }
    const fields = ordinaryFields(random, random.pick(resources))
    if (second) second[1](random, fields)
    const span = change(random, fields) ?? fields
    return {
      shape: second ? `${second[0]}, and ${shape}` : shape,
      span: span as unknown as SpanLike,
    }
  }
  for (const shape of random.shuffled([...SHAPES, ...HEAVY])) yield spanOf(shape)
  for (;;) {
    if (random.chance(HEAVY_CHANCE)) yield spanOf(random.pick(HEAVY))
    else
      yield spanOf(
        random.pick(SHAPES),
        random.chance(SECOND_SHAPE_CHANCE) ? random.pick(VALUE_SHAPES) : undefined,
      )
  }
}

/** The number of shapes: `hostileSpans` gives each of them once before it repeats any. */
export const SHAPE_COUNT: number = SHAPES.length + HEAVY.length

function ordinaryResource(random: Random): { attributes: Fields } {
  return {
    attributes: { 'service.name': `service ${random.between(0, 9)}`, 'host.name': 'one' },
  }
}

function ordinaryFields(random: Random, resource: object): Fields {
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

/** Properties of its own, `__proto__` among them. */
function own(...entries: [string, unknown][]): object {
  const object = {}
  for (const [key, value] of entries)
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true })
  return object
}

function entry(key: string, value: unknown): [string, unknown] {
  return [key, value]
}

function many<T>(random: Random, most: number, make: () => T): T[] {
  return Array.from({ length: random.between(0, most) }, make)
}

function holed(item: unknown): unknown[] {
  const list = [item]
  list[2] = item
  list.length = 4
  return list
}

function throws(): never {
  throw new Error('it throws when it is read')
}
