import { HEAVY_VALUES, hostileKey, hostileText, VALUES } from './hostile-values.js'
import type { Random } from './seed.js'

export interface Hostile<Input> {
  /** What is wrong with it: `event.time: a bigint`. */
  readonly shape: string
  readonly input: Input
}

export type Fields = Record<string, unknown>
type Value = (random: Random) => unknown
/** Changes the fields, or returns what stands for them. */
export type Shape = (random: Random, fields: Fields) => unknown
/** The fields of an input with the value somewhere in them. */
export type Place = (value: unknown, random: Random) => Fields

/** A kind of input, and what may be wrong with one. */
export interface Kind {
  /** An input with nothing wrong. */
  ordinary(random: Random, resource: object): Fields
  /** The places where any value may be. */
  readonly places: Readonly<Record<string, Place>>
  readonly structures: Readonly<Record<string, Shape>>
  /** Only now and then: each costs as much as hundreds of others. */
  readonly heavyStructures: Readonly<Record<string, Shape>>
  /**
   * The places for values that cost as much. Resources and scopes are encoded once for each object, so heavy values in all places of theirs
   * would take their time.
   */
  readonly heavyPlaces: readonly string[]
  /** Fields that may be missing. */
  readonly fields: readonly string[]
}

export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
export const SPAN_ID = 'b7ad6b7169203331'
// Only a few days: rows of more than a hundred days would need several batches.
export const SECONDS: readonly number[] = [
  ...[0, 1, 86_399, 1_729_627_200, 1_729_713_600, 2 ** 31, 2 ** 32, 9_223_372_036],
]

/** Places of every record that has attributes, a resource and a scope. */
export const COMMON_PLACES: Readonly<Record<string, Place>> = {
  attribute: (value, random) => ({
    attributes: own(['before', 1], [hostileKey(random), value], ['after', true]),
  }),
  'attribute in a list': (value) => ({ attributes: { list: [value, 'a', [value]] } }),
  'attribute in a map': (value, random) => ({
    attributes: { map: own(['a', 1], [hostileKey(random), value]) },
  }),
  attributes: (attributes) => ({ attributes }),
  resource: (resource) => ({ resource }),
  'resource.attributes': (attributes) => ({ resource: { attributes } }),
  'resource.schemaUrl': (schemaUrl) => ({ resource: { attributes: {}, schemaUrl } }),
  'resource attribute': (value, random) => ({
    resource: { attributes: own(['service.name', value], [hostileKey(random), value]) },
  }),
  scope: (instrumentationScope) => ({ instrumentationScope }),
  'scope.name': (name) => ({ instrumentationScope: { name, version: '1' } }),
  'scope.version': (version) => ({ instrumentationScope: { name: 'n', version } }),
  'scope.attributes': (attributes) => ({ instrumentationScope: { name: 'n', attributes } }),
  'dropped counts': (count) => ({
    droppedAttributesCount: count,
    droppedEventsCount: count,
    droppedLinksCount: count,
  }),
}

function commonStructures(fields: readonly string[]): Readonly<Record<string, Shape>> {
  return {
    'a field is missing': (random, input) => {
      delete input[random.pick(fields)]
    },
    'most fields are missing': (random, input) => {
      for (const field of random.shuffled([...fields]).slice(2)) delete input[field]
    },
    'a field is null': (random, input) => {
      input[random.pick(fields)] = null
    },
    'a field throws when it is read': (random, input) => {
      Object.defineProperty(input, random.pick(fields), { get: throws, enumerable: true })
    },
    'fields are getters of a class': (_, input) =>
      Object.create(
        Object.defineProperties(
          {},
          Object.fromEntries(
            Object.entries(input).map(([name, value]) => [name, { get: () => value }]),
          ),
        ),
      ),
    'it is a Proxy': (_, input) => new Proxy(input, {}),
    'it is frozen': (_, input) => Object.freeze(input),
    'texts of the resource and the scope are hostile': (random, input) => {
      input['resource'] = {
        attributes: own(
          ['service.name', hostileText(random)],
          ...many(random, 8, () => entry(hostileKey(random), hostileText(random))),
        ),
      }
      input['instrumentationScope'] = { name: hostileText(random), version: hostileText(random) }
    },
    'keys are numbers, or nearly': (random, input) => {
      input['attributes'] = own(
        ...many(random, 8, () =>
          entry(random.pick(['0', '1', '01', '-1', '1.5', '4294967295', '1e3', '']), 1),
        ),
      )
    },
    'keys are those of Object.prototype': (_, input) => {
      input['attributes'] = own(
        ...Object.getOwnPropertyNames(Object.prototype).map((key) => entry(key, key)),
      )
    },
    'keys become one when they are mended': (_, input) => {
      input['attributes'] = own(['k\ud800', 1], ['k\udc00', 2], ['k\ufffd', 3])
    },
    'a list with holes is an attribute': (_, input) => {
      input['attributes'] = { list: holed('x') }
    },
  }
}

const COMMON_HEAVY: Readonly<Record<string, Shape>> = {
  'a thousand attributes': (random, input) => {
    input['attributes'] = own(
      ...Array.from({ length: 1000 }, (_, n) => entry(`${hostileText(random)}${n}`, n)),
    )
  },
  'a resource too long for a statement': (_, input) => {
    input['resource'] = { attributes: { 'service.name': '\\"é'.repeat(40_000) } }
  },
}

const HEAVY_CHANCE = 1 / 1000
const SECOND_SHAPE_CHANCE = 0.3
const RESOURCES = 6

type Named = readonly [string, Shape]

/** Inputs of a kind. */
export interface Source<Input> {
  /** The number of shapes: `inputs` gives each of them once before it repeats any. */
  readonly shapes: number
  /** Inputs that follow from a seed: each shape once, in some order, and from then on any, often two in one input. */
  inputs(random: Random): Generator<Hostile<Input>, never>
}

export function hostile<Input>(kind: Kind): Source<Input> {
  const valueShapes = Object.entries(kind.places).flatMap(([place, change]) =>
    Object.entries(VALUES).map(([value, make]) => shapeOf(place, change, value, make)),
  )
  const shapes: readonly Named[] = [
    ...Object.entries(commonStructures(kind.fields)),
    ...Object.entries(kind.structures),
    ...valueShapes,
  ]
  const heavy: readonly Named[] = [
    ...Object.entries(COMMON_HEAVY),
    ...Object.entries(kind.heavyStructures),
    ...Object.entries(HEAVY_VALUES).flatMap(([value, make]) =>
      kind.heavyPlaces.map((place) => shapeOf(place, kind.places[place] as Place, value, make)),
    ),
  ]

  function* inputs(random: Random): Generator<Hostile<Input>, never> {
    const resources = Array.from({ length: RESOURCES }, () => ordinaryResource(random))
    const inputOf = ([shape, change]: Named, second?: Named): Hostile<Input> => {
      // As an SDK may do when a detector is done: what was remembered of the resource is out of date then.
      if (random.chance(1 / 200)) {
        const { attributes } = ordinaryResource(random)
        random.pick(resources).attributes = attributes
      }
      const fields = kind.ordinary(random, random.pick(resources))
      if (second) second[1](random, fields)
      const input = (change(random, fields) ?? fields) as Input
      return { shape: second ? `${second[0]}, and ${shape}` : shape, input }
    }
    for (const shape of random.shuffled([...shapes, ...heavy])) yield inputOf(shape)
    for (;;) {
      if (random.chance(HEAVY_CHANCE)) yield inputOf(random.pick(heavy))
      else
        yield inputOf(
          random.pick(shapes),
          random.chance(SECOND_SHAPE_CHANCE) ? random.pick(valueShapes) : undefined,
        )
    }
  }
  return { shapes: shapes.length + heavy.length, inputs }
}

function shapeOf(place: string, change: Place, value: string, make: Value): Named {
  return [
    `${place}: ${value}`,
    (random, fields) => void Object.assign(fields, change(make(random), random)),
  ]
}

function ordinaryResource(random: Random): { attributes: Fields } {
  return {
    attributes: { 'service.name': `service ${random.between(0, 9)}`, 'host.name': 'one' },
  }
}

export function anyId(random: Random): string {
  return Array.from({ length: random.between(0, 40) }, () => random.pick([...'0aAfF9gZ é'])).join(
    '',
  )
}

/** Properties of its own, `__proto__` among them. */
export function own(...entries: [string, unknown][]): object {
  const object = {}
  for (const [key, value] of entries)
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true })
  return object
}

export function entry(key: string, value: unknown): [string, unknown] {
  return [key, value]
}

export function many<T>(random: Random, most: number, make: () => T): T[] {
  return Array.from({ length: random.between(0, most) }, make)
}

export function holed(item: unknown): unknown[] {
  const list = [item]
  list[2] = item
  list.length = 4
  return list
}

function throws(): never {
  throw new Error('it throws when it is read')
}
