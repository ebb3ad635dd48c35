import type { ResourceLike, ScopeLike } from '../values/resource.js'
import { EPOCH, type HrTime, readTime } from '../values/time.js'
import { readKeyValues, type Seen } from './any-value.js'
import { countField, field, listField, objectsField, textField } from './field.js'

/** What a record is part of. */
export interface Origin {
  readonly resource: ResourceLike
  readonly instrumentationScope: ScopeLike
  readonly seen: Seen
}

/** The names of the lists in an export request of one signal. */
export interface Envelope {
  readonly groups: string
  readonly scopes: string
  readonly records: string
  /** If an object has one of these fields, it may be a single record. */
  readonly marks: readonly string[]
}

/**
 * Reads the records of parsed OTLP/JSON: an export request, or one record, which may contain its `resource` and `scope`. Records of one
 * resource share one resource object. Never throws if `read` does not.
 */
export function recordsIn<Record>(
  json: unknown,
  { groups, scopes, records, marks }: Envelope,
  read: (json: unknown, origin: Origin) => Record,
): Record[] {
  const seen: Seen = new Map()
  if (field(json, groups) === undefined) {
    if (!marks.some((key) => field(json, key) !== undefined)) return []
    return [
      read(json, {
        resource: readResource(json, seen),
        instrumentationScope: readScope(json, seen),
        seen,
      }),
    ]
  }
  return listField(json, groups).flatMap((group) => {
    const resource = readResource(group, seen)
    return listField(group, scopes).flatMap((scope) => {
      const origin = { resource, instrumentationScope: readScope(scope, seen), seen }
      return objectsField(scope, records).map((record) => read(record, origin))
    })
  })
}

function readResource(json: unknown, seen: Seen): ResourceLike {
  return {
    attributes: readKeyValues(field(json, 'resource'), 'attributes', seen),
    ...schemaUrlOf(json),
  }
}

function readScope(json: unknown, seen: Seen): ScopeLike {
  const scope = field(json, 'scope')
  return {
    name: textField(scope, 'name'),
    version: textField(scope, 'version'),
    attributes: readKeyValues(scope, 'attributes', seen),
    droppedAttributesCount: countField(scope, 'droppedAttributesCount'),
    ...schemaUrlOf(json),
  }
}

function schemaUrlOf(json: unknown): { schemaUrl?: string } {
  const schemaUrl = textField(json, 'schemaUrl')
  return schemaUrl === '' ? {} : { schemaUrl }
}

export function readNanos(json: unknown, key: string): HrTime {
  try {
    return readTime(field(json, key)) ?? EPOCH
  } catch {
    return EPOCH // a Proxy that throws when it is read
  }
}
