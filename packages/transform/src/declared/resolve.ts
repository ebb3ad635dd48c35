import type { AnyColumn, Column } from '../row/column.js'
import type { Encoding } from '../writing/encoding.js'
import { cut } from '../writing/json-text.js'
import type { ColumnDefinition } from './definition.js'
import { fieldColumn } from './field-column.js'
import type { Signal } from './fields.js'
import { isNested, nestedColumns } from './nested.js'

const SOURCES = ['attribute', 'resource', 'scope', 'field', 'value'] as const

type Loose = Omit<AnyColumn, 'value'> & {
  readonly [Source in (typeof SOURCES)[number] | 'unit']?: unknown
}

/** The columns with functions that read their values, a Nested one as its parts. Throws a TypeError that names the column. */
export function resolveColumns<Input>(
  definitions: readonly ColumnDefinition<Input>[],
  signal: Signal | undefined,
): Column<Input>[] {
  return definitions.flatMap((definition) => {
    const column = resolved(definition as unknown as Loose, signal)
    return (isNested(column) ? nestedColumns(column) : [column]) as unknown as Column<Input>[]
  })
}

function resolved(definition: Loose, signal: Signal | undefined): AnyColumn {
  const { attribute, resource, scope, field, value, unit, ...shape } = definition
  const given = SOURCES.filter((source) => definition[source] !== undefined)
  const [source, ...others] = given
  const { name } = definition
  if (typeof name !== 'string' || name === '') throw new TypeError('a column needs a name')
  if (source === undefined || others.length > 0)
    throw new TypeError(
      `column ${name}: give one of ${SOURCES.join(', ')}${others.length > 0 ? `, and not ${given.join(' and ')}` : ''}`,
    )
  if (unit !== undefined && source !== 'field')
    throw new TypeError(`column ${name}: unit is for a field`)
  switch (source) {
    case 'attribute': {
      const read = attributeReader(keysIn(attribute, name))
      return { ...shape, value: (record, encoding) => limited(read(record), encoding) }
    }
    case 'resource':
      return { ...shape, from: 'resource', value: attributeReader(keysIn(resource, name)) }
    case 'scope':
      return { ...shape, from: 'scope', value: scopeReader(keysIn(scope, name)) }
    case 'field':
      return ofField(shape, String(field), signal, unit)
    default:
      if (typeof value !== 'function')
        throw new TypeError(`column ${name}: value must be a function`)
      return { ...shape, value: value as AnyColumn['value'] }
  }
}

function ofField(
  shape: Omit<AnyColumn, 'value'>,
  field: string,
  signal: Signal | undefined,
  unit: unknown,
): AnyColumn {
  try {
    return fieldColumn(shape, field, signal, unit)
  } catch (cause) {
    throw new TypeError(`column ${shape.name}: ${(cause as Error).message}`, { cause })
  }
}

function keysIn(given: unknown, name: string): readonly string[] {
  const keys: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (keys.length > 0 && keys.every((key) => typeof key === 'string' && key !== ''))
    return keys as readonly string[]
  throw new TypeError(`column ${name}: the name of an attribute must be a text`)
}

/** An own property: an attribute may be called `constructor`. */
function attributeReader(keys: readonly string[]): (source: unknown) => unknown {
  return (source) => {
    const { attributes } = source as { attributes?: unknown }
    if (typeof attributes !== 'object' || attributes === null) return undefined
    for (const key of keys) {
      const value: unknown = Object.hasOwn(attributes, key)
        ? Reflect.get(attributes, key)
        : undefined
      if (value !== undefined) return value
    }
    return undefined
  }
}

const SCOPE_FIELDS = new Set(['name', 'version', 'schemaUrl'])

function scopeReader(keys: readonly string[]): (scope: unknown) => unknown {
  const [key = ''] = keys
  return SCOPE_FIELDS.has(key) ? (scope) => Reflect.get(Object(scope), key) : attributeReader(keys)
}

/** The limit on attributes holds for those that have a column, too. */
export function limited(value: unknown, encoding: Encoding): unknown {
  const most = encoding.limits.attributeValueLength
  return most === undefined || typeof value !== 'string' ? value : cut(value, most, encoding)
}
