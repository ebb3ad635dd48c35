import type { HrTime } from '@spanhouse/transform'
import { readMoment } from '@spanhouse/transform/internal'
import type { Metric, Tags } from './record.js'

/** Why a line is left out. */
export type Skipped =
  /** It does not begin like a JSON object: the banner, the progress, and the summary of k6, which has lines such as `{ name:shop }...: avg=…`. */
  | 'text'
  /** It begins like a JSON object but is not one: it is cut off, or something else was written into it. */
  | 'broken'
  /** An object that k6 does not write to this stream. */
  | 'foreign'
  /** A sample whose time or value cannot be read. */
  | 'unreadable'
  | 'too_long'

/** A threshold as the script has it. */
export interface Declared {
  readonly source: string
  readonly abortOnFail: boolean
  readonly delayAbortEval: string
}

/** A part of a metric: the samples with these tags. */
export interface Submetric {
  readonly name: string
  readonly tags: Tags
  /** Empty: neither k6 1.3.0 nor k6 2 writes them. Read in case another version does. */
  readonly thresholds: readonly Declared[]
}

export interface Point {
  readonly is: 'point'
  readonly metric: string
  readonly time: HrTime
  readonly value: number
  readonly tags: Tags
  readonly metadata: Tags
}

export interface Declaration {
  readonly is: 'metric'
  readonly metric: Metric
  readonly thresholds: readonly Declared[]
  readonly submetrics: readonly Submetric[]
}

export type Line = Point | Declaration | { readonly is: Skipped }

type Json = Readonly<Record<string, unknown>>

const NONE: Tags = Object.freeze({})
const OBJECT = /^\s*\{\s*(?:["}]|$)/
// JSON has no such numbers. The quotes of a name inside a text are escaped, so a text cannot look like this.
const NO_NUMBER = /"value":\s*([+-]?(?:NaN|Inf(?:inity)?))\b/
const NUMBERS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Inf: Number.POSITIVE_INFINITY,
  Infinity: Number.POSITIVE_INFINITY,
}

/** Reads one line of `k6 run --out json`. Never throws. */
export function parseLine(line: string): Line {
  if (!OBJECT.test(line)) return { is: 'text' }
  const json = parsed(line) ?? parsed(line.replace(NO_NUMBER, '"value":"$1"'))
  if (json === undefined) return { is: 'broken' }
  const { type, metric, data } = json
  if (typeof metric !== 'string' || !isObject(data)) return { is: 'foreign' }
  if (type === 'Point') return pointOf(metric, data)
  return type === 'Metric' ? declarationOf(metric, data) : { is: 'foreign' }
}

function parsed(text: string): Json | undefined {
  try {
    const json: unknown = JSON.parse(text)
    return isObject(json) ? json : undefined
  } catch {
    return undefined
  }
}

function pointOf(metric: string, data: Json): Line {
  const time = typeof data['time'] === 'string' ? readMoment(data['time']) : undefined
  const value = numberOf(data['value'])
  if (time === undefined || value === undefined) return { is: 'unreadable' }
  const { tags, metadata } = data
  return { is: 'point', metric, time, value, tags: textsOf(tags), metadata: textsOf(metadata) }
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return undefined
  const [, sign, name = ''] = /^([+-]?)(\w+)$/.exec(value) ?? []
  const number = Object.hasOwn(NUMBERS, name) ? NUMBERS[name] : undefined
  return number === undefined || sign !== '-' ? number : -number
}

function declarationOf(name: string, data: Json): Declaration {
  return {
    is: 'metric',
    metric: { name, type: textOf(data['type']), contains: textOf(data['contains']) },
    thresholds: thresholdsOf(data['thresholds']),
    submetrics: listOf(data['submetrics']).flatMap((one): Submetric[] =>
      isObject(one) && typeof one['name'] === 'string'
        ? [
            {
              name: one['name'],
              tags: textsOf(one['tags']),
              thresholds: thresholdsOf(one['thresholds']),
            },
          ]
        : [],
    ),
  }
}

/** Each is a text, or an object if it may abort the run. */
function thresholdsOf(given: unknown): readonly Declared[] {
  return listOf(given).flatMap((one): Declared[] => {
    if (typeof one === 'string') return [{ source: one, abortOnFail: false, delayAbortEval: '' }]
    if (!isObject(one) || typeof one['threshold'] !== 'string') return []
    const { threshold, abortOnFail, delayAbortEval } = one
    return [
      {
        source: threshold,
        abortOnFail: abortOnFail === true,
        delayAbortEval: textOf(delayAbortEval),
      },
    ]
  })
}

function textsOf(given: unknown): Tags {
  if (!isObject(given)) return NONE
  const texts: Record<string, string> = given as never
  if (Object.values(given).every((value) => typeof value === 'string')) return texts
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, textOf(value)]))
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
