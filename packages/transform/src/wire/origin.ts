import type { ResourceLike, ScopeLike } from '../values/resource.js'
import { newValues, readKeyValue } from './any-value.js'
import type { WireReader } from './reader.js'
import { type Head, RecentMessages } from './recent-messages.js'

const Resource = { attributes: 0x0a } as const
const Scope = { name: 0x0a, version: 0x12, attributes: 0x1a, droppedAttributesCount: 0x20 } as const

// A sender has the same resource and scopes in each request. They are read once, and what the rows need of them is made once.
const resources = new RecentMessages<ResourceLike>()
const scopes = new RecentMessages<ScopeLike>()

export function resourceOf(reader: WireReader, head: Head): ResourceLike {
  return resources.of(reader, head, readResource)
}

export function scopeOf(reader: WireReader, head: Head): ScopeLike {
  return scopes.of(reader, head, readScope)
}

function readResource(reader: WireReader, { parts, schemaUrl }: Head): ResourceLike {
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

function readScope(reader: WireReader, { parts, schemaUrl }: Head): ScopeLike {
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
