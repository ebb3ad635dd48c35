import type { ResourceLike, ScopeLike } from '../values/resource.js'
import { newValues, readKeyValue } from './any-value.js'
import type { WireReader } from './reader.js'

const Resource = { attributes: 0x0a } as const
const Scope = { name: 0x0a, version: 0x12, attributes: 0x1a, droppedAttributesCount: 0x20 } as const

/** Where the parts of a resource or scope are: protobuf may divide a message, and its parts are merged. */
export type Parts = readonly (readonly [from: number, to: number])[]

export function readResource(reader: WireReader, parts: Parts, schemaUrl: string): ResourceLike {
  const attributes = newValues()
  for (const [from, to] of parts) {
    reader.at = from
    while (reader.at < to) {
      const tag = reader.tag(to)
      if (tag === Resource.attributes) readKeyValue(reader, to, attributes)
      else reader.skip(tag, to)
    }
  }
  return schemaUrl === '' ? { attributes } : { attributes, schemaUrl }
}

export function readScope(reader: WireReader, parts: Parts, schemaUrl: string): ScopeLike {
  const attributes = newValues()
  let name = ''
  let version = ''
  let droppedAttributesCount = 0
  for (const [from, to] of parts) {
    reader.at = from
    while (reader.at < to) {
      const tag = reader.tag(to)
      if (tag === Scope.name) name = reader.text(to)
      else if (tag === Scope.version) version = reader.text(to)
      else if (tag === Scope.attributes) readKeyValue(reader, to, attributes)
      else if (tag === Scope.droppedAttributesCount) droppedAttributesCount = reader.varint(to)
      else reader.skip(tag, to)
    }
  }
  const scope = { name, version, attributes, droppedAttributesCount }
  return schemaUrl === '' ? scope : { ...scope, schemaUrl }
}
