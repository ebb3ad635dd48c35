import { post } from '../post.js'
import { IDS } from './bodies.js'
import type { Kinds, Target } from './kinds.js'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const VALUE = {
  kvlistValue: { values: [{ key: 'a', value: { arrayValue: { values: [{ intValue: '7' }] } } }] },
}
const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'hostile' } }] }
const scope = { name: 'hostile', version: '1', attributes: [{ key: 'b', value: VALUE }] }
const attributes = [{ key: 'c', value: VALUE }]
const ids = { traceId: (IDS[0] as string).repeat(2), spanId: IDS[0] as string }
const [startTimeUnixNano, timeUnixNano] = ['1790000000000000000', '1790000000000000001']

const SPAN = {
  ...ids,
  ...{ name: 'span', kind: 2, startTimeUnixNano, endTimeUnixNano: timeUnixNano, attributes },
  events: [{ timeUnixNano, name: 'event', attributes }],
  links: [{ ...ids, attributes }],
  status: { code: 2, message: 'no' },
}
const LOG = { ...ids, timeUnixNano, severityNumber: 9, body: VALUE, attributes }
const POINT = {
  timeUnixNano,
  attributes,
  asInt: '7',
  exemplars: [{ ...ids, timeUnixNano, asDouble: 1 }],
}
const METRIC = {
  name: 'm',
  sum: { dataPoints: [POINT], aggregationTemporality: 2, isMonotonic: true },
}

const GOOD: readonly [path: string, body: Json][] = [
  ['/v1/traces', { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [SPAN] }] }] }],
  ['/v1/logs', { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: [LOG] }] }] }],
  [
    '/v1/metrics',
    { resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics: [METRIC] }] }] },
  ],
]

const WRONG: readonly Json[] = [
  ...[null, true, -1, 1e308, '', 'x', '\ud800', '99999999999999999999', [], [[]], [null], {}],
  { __proto__: null, constructor: 1 },
]

/** Every place in a value, as the keys that lead there. */
function* placesIn(value: Json, path: readonly string[] = []): Generator<readonly string[]> {
  yield path
  if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) yield* placesIn(inner, [...path, key])
}

function replaced(value: Json, [key, ...rest]: readonly string[], by: Json): Json {
  if (key === undefined) return by
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<
    string,
    Json
  >
  copy[key] = replaced(copy[key] as Json, rest, by)
  return copy as Json
}

const REPLACED = GOOD.flatMap(([path, body]) =>
  [...placesIn(body)].flatMap((place) =>
    WRONG.map((by) => [path, JSON.stringify(replaced(body, place, by))] as const),
  ),
)

const REPLACEMENTS = 800
/** No divisor of their number, so that a long run meets all of them. */
const STRIDE = 1009

async function status(
  { httpPort: port, agent }: Target,
  path: string,
  body: string,
): Promise<string> {
  const answer = await post({ port, path, agent }, body, { 'content-type': 'application/json' })
  return String(answer.status)
}

const [TRACES, TRACES_BODY] = GOOD[0] as [string, Json]
const TEXT = JSON.stringify(TRACES_BODY)
const deep = (open: string, close: string, depth: number) =>
  `${open.repeat(depth)}1${close.repeat(depth)}`
const withValue = (json: string) => TEXT.replace('{"intValue":"7"}', () => json)

/** Bodies in JSON. */
export const JSON_BODIES: Kinds = {
  'JSON with a wrong value in each place': {
    times: REPLACEMENTS,
    right: /^(200|400)$/,
    send(target, nth) {
      const [path, body] = REPLACED[(nth * STRIDE) % REPLACED.length] as readonly [string, string]
      return status(target, path, body)
    },
  },
  'JSON cut off after each character': {
    times: 500,
    right: /^400$/,
    send: (target, nth) => status(target, TRACES, TEXT.slice(0, nth % TEXT.length)),
  },
  'JSON nested deep': {
    times: 60,
    right: /^(200|400)$/,
    send: (target, nth) =>
      status(
        target,
        TRACES,
        [
          deep('[', ']', 100_000),
          deep('{"a":', '}', 100_000),
          withValue(deep('{"arrayValue":{"values":[', ']}}', 20_000)),
          withValue(deep('{"kvlistValue":{"values":[{"key":"a","value":', '}]}}', 20_000)),
          withValue(deep('{"arrayValue":{"values":[', ']}}', 3000)),
        ][nth % 5] as string,
      ),
  },
  'JSON with giant numbers': {
    times: 100,
    right: /^(200|400)$/,
    send: (target, nth) => {
      const number = ['1e999', '-1e999', '9'.repeat(4000), '1e-999', '-0'][nth % 5] as string
      const place =
        nth % 2 ? withValue(`{"intValue":${number}}`) : withValue(`{"doubleValue":${number}}`)
      return status(target, TRACES, nth % 3 ? place : TEXT.replace('"1790000000000000000"', number))
    },
  },
  'JSON with keys twice, and keys such as __proto__': {
    times: 100,
    right: /^(200|400)$/,
    send: (target, nth) =>
      status(
        target,
        TRACES,
        nth % 2
          ? TEXT.replaceAll(
              '"key":"a"',
              '"key":"__proto__","key":"constructor","__proto__":{"x":1}',
            )
          : TEXT.replace('{', '{"__proto__":{"polluted":1},"resourceSpans":[],'),
      ),
  },
  'JSON with lone surrogates and NUL': {
    times: 100,
    right: /^200$/,
    send: (target) =>
      status(target, TRACES, TEXT.replaceAll('"name":"', '"name":"\\ud800\\u0000\\udc00')),
  },
  'JSON with millions of values': {
    times: 4,
    right: /^(400|413|503)$/,
    send(target, nth) {
      const one = ['1,', '{},', '"a",', '[],'][nth % 4] as string
      const list = one.repeat((target.maxBodyBytes - 100) / one.length)
      return status(target, TRACES, `{"resourceSpans":[${list}0]}`)
    },
  },
  'text that is no JSON': {
    times: 100,
    right: /^400$/,
    send: (target, nth) =>
      status(
        target,
        TRACES,
        ['', 'null', '[]', '"x"', '1', '<xml/>', '\ufeff', '{"resourceSpans":1}', 'NaN'][
          nth % 9
        ] as string,
      ),
  },
}
