import type { ResourceLike, ScopeLike } from '../values/resource.js'
import { type Parts, readResource, readScope } from './origin.js'
import { WireReader } from './reader.js'

/** The same in the requests of all signals: resources in a request, scopes in a resource, records in a scope. */
const GROUPS = 0x0a
const Group = { head: 0x0a, members: 0x12, schemaUrl: 0x1a } as const

/** What a record is part of. */
export interface Origin {
  readonly resource: ResourceLike
  readonly instrumentationScope: ScopeLike
}

/** The records of an export request. `read` reads one message, up to `end`. */
export function* recordsIn<Record>(
  bytes: Uint8Array,
  read: (reader: WireReader, end: number, origin: Origin) => Record,
): Generator<Record> {
  const reader = new WireReader(bytes)
  const end = bytes.byteLength
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag !== GROUPS) {
      reader.skip(tag, end)
      continue
    }
    const from = reader.at
    const to = reader.endOfNext(end)
    const { parts, schemaUrl } = headOf(reader, to)
    const resource = readResource(reader, parts, schemaUrl)
    reader.at = from
    reader.endOfNext(end)
    while (reader.at < to) {
      const tag = reader.tag(to)
      if (tag !== Group.members) {
        reader.skip(tag, to)
        continue
      }
      const scopeFrom = reader.at
      const scopeTo = reader.endOfNext(to)
      const scope = headOf(reader, scopeTo)
      const origin = {
        resource,
        instrumentationScope: readScope(reader, scope.parts, scope.schemaUrl),
      }
      reader.at = scopeFrom
      reader.endOfNext(to)
      while (reader.at < scopeTo) {
        const tag = reader.tag(scopeTo)
        if (tag === Group.members) yield read(reader, reader.endOfNext(scopeTo), origin)
        else reader.skip(tag, scopeTo)
      }
    }
  }
}

/** What all members have in common may come after them. */
function headOf(reader: WireReader, end: number): { parts: Parts; schemaUrl: string } {
  const parts: [number, number][] = []
  let schemaUrl = ''
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === Group.head) {
      const to = reader.endOfNext(end)
      parts.push([reader.at, to])
      reader.at = to
    } else if (tag === Group.schemaUrl) schemaUrl = reader.text(end)
    else reader.skip(tag, end)
  }
  return { parts, schemaUrl }
}
