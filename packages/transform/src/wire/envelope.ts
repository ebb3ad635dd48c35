import type { ResourceLike, ScopeLike } from '../values/resource.js'
import { resourceOf, scopeOf } from './origin.js'
import type { WireReader } from './reader.js'
import type { Head } from './recent-messages.js'

// Requests of all signals have the same numbers for resources in a request, scopes in a resource, and records in a scope.
const GROUPS = 0x0a
const Group = { head: 0x0a, members: 0x12, schemaUrl: 0x1a } as const

/** What a record is part of. */
export interface Origin {
  readonly resource: ResourceLike
  readonly instrumentationScope: ScopeLike
}

/** Calls `read` for each record in the scopes of a request, and yields what it returns. `read` must leave the reader at `end`. */
export function* messagesIn<Made>(
  reader: WireReader,
  read: (reader: WireReader, end: number, origin: Origin) => Made,
): Generator<Made> {
  const end = reader.bytes.length
  while (isNext(reader, GROUPS, end)) {
    const groupEnd = reader.endOfNext(end)
    const resource = resourceOf(reader, headOf(reader, groupEnd))
    while (isNext(reader, Group.members, groupEnd)) {
      const scopeEnd = reader.endOfNext(groupEnd)
      const origin = {
        resource,
        instrumentationScope: scopeOf(reader, headOf(reader, scopeEnd)),
      }
      while (isNext(reader, Group.members, scopeEnd)) {
        reader.record()
        yield read(reader, reader.endOfNext(scopeEnd), origin)
      }
    }
  }
}

/** Skips fields until there is one with this tag, which counts as an item. False at the end. */
function isNext(reader: WireReader, wanted: number, end: number): boolean {
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === wanted) {
      reader.item()
      return true
    }
    reader.skip(tag, end)
  }
  return false
}

/** The resource or scope that the members share. It may come after them, so the reader looks for it first and goes back. */
function headOf(reader: WireReader, end: number): Head {
  const start = reader.at
  const parts: [number, number][] = []
  let schemaUrl = ''
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === Group.head) {
      reader.item()
      const to = reader.endOfNext(end)
      parts.push([reader.at, to])
      reader.at = to
    } else if (tag === Group.schemaUrl) schemaUrl = reader.text(end)
    else reader.skip(tag, end)
  }
  reader.at = start
  return { parts, schemaUrl }
}
