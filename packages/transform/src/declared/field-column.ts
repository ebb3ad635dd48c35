import { readAttributes } from '../attributes/source.js'
import type { AnyColumn } from '../row/column.js'
import { hexId } from '../types/hex-id.js'
import { parseType } from '../types/type-text.js'
import { inUnit, NANOS_IN, type TimeUnit } from '../values/in-unit.js'
import type { ResourceLike, ScopeLike } from '../values/resource.js'
import type { Encoding } from '../writing/encoding.js'
import { fieldReader, ID_FIELDS, PARTS, type Signal, TIME_FIELDS } from './fields.js'
import { member } from './nested.js'

type Shape = Omit<AnyColumn, 'value'>

const TEXT = /^\s*(String|LowCardinality\s*\(\s*String\s*\))\s*$/
const NUMBER = /^(U?Int\d+|B?Float\d+|Decimal\d*)$/

const SHARED: Readonly<Record<string, Pick<AnyColumn, 'from' | 'value'>>> = {
  resourceAttributes: {
    from: 'resource',
    value: (resource, encoding) =>
      readAttributes((resource as Partial<ResourceLike>).attributes, encoding),
  },
  scopeAttributes: {
    from: 'scope',
    value: (scope, encoding) => readAttributes((scope as Partial<ScopeLike>).attributes, encoding),
  },
}

/** A column that reads a field of the record. Throws a TypeError that says what is wrong. */
export function fieldColumn(
  shape: Shape,
  field: string,
  signal: Signal | undefined,
  unit: unknown,
): AnyColumn {
  const shared = Object.hasOwn(SHARED, field) ? SHARED[field] : undefined
  const [list = '', part, ...others] = field.split('.')
  if (unit !== undefined) checkUnit(shape, part ?? field, unit)
  if (shared) return { ...shape, ...shared }
  if (part !== undefined && others.length === 0) return partColumn(shape, list, part, signal, unit)
  const isId = ID_FIELDS.has(field) && TEXT.test(shape.type)
  const read = counted(fieldReader(field, signal), shape.type, unit)
  return { ...shape, ...(isId && { kind: hexId }), value: read }
}

/** A column with one part of each item of a list. Neighbouring columns of one list share its reader, so the list is read once. */
function partColumn(
  shape: Shape,
  list: string,
  part: string,
  signal: Signal | undefined,
  unit: unknown,
): AnyColumn {
  const each = fieldReader(list, signal)
  const parts: readonly string[] = Object.hasOwn(PARTS, list)
    ? PARTS[list as keyof typeof PARTS]
    : []
  if (!parts.includes(part))
    throw new TypeError(
      `${list} has no ${part}; ${parts.length > 0 ? `its items have ${parts.join(', ')}` : 'it is not a list'}`,
    )
  const { name, args } = parseType(shape.type)
  const [element = ''] = args
  if (name !== 'Array') throw new TypeError(`${list}.${part} needs an Array(…), not ${shape.type}`)
  if (shape.default !== undefined) throw new TypeError(`${list}.${part} cannot have a default`)
  const isId = ID_FIELDS.has(part) && TEXT.test(element)
  const read = counted((item) => member(item, part), element, unit)
  return { ...shape, ...(isId && { kind: hexId }), each, value: read }
}

type Read = (source: unknown, encoding: Encoding) => unknown

function counted(read: Read, type: string, unit: unknown): Read {
  if (unit === undefined || unit === 'ns') return read
  const whole = /Int/.test(numberIn(type) ?? '')
  return (source, encoding) => inUnit(read(source, encoding), unit as TimeUnit, whole)
}

function checkUnit({ type }: Shape, field: string, unit: unknown): void {
  if (typeof unit !== 'string' || !Object.hasOwn(NANOS_IN, unit))
    throw new TypeError(`unit must be one of ${Object.keys(NANOS_IN).join(', ')}`)
  if (!TIME_FIELDS.has(field))
    throw new TypeError(`${field} is not a time or duration, so it has no unit`)
  if (numberIn(type) === undefined)
    throw new TypeError(`unit is for columns of numbers, not for ${type}`)
}

function numberIn(type: string): string | undefined {
  const { name, args } = parseType(type)
  if (NUMBER.test(name)) return name
  const isWrapper = /^(Nullable|LowCardinality|Array)$/.test(name)
  return isWrapper && args[0] !== undefined ? numberIn(args[0]) : undefined
}
