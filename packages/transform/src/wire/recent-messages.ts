import type { WireReader } from './reader.js'

/** The message that members of a group have in common, a resource or a scope. */
export interface Head {
  /** Protobuf may divide a message into several fields. Reading one after the other merges them. */
  readonly parts: readonly (readonly [from: number, to: number])[]
  readonly schemaUrl: string
}

const LONGEST = 16_384
const ROOM = 1024 * 1024

/** Remembers what was made of messages, by their bytes. It holds at most 1 MiB of such bytes, and what was made of them. */
export class RecentMessages<Made> {
  readonly #made = new Map<string, Made>()
  #held = 0

  /** Leaves the reader where it is. */
  of(reader: WireReader, head: Head, make: (reader: WireReader, head: Head) => Made): Made {
    const key = keyOf(reader, head)
    const known = key === undefined ? undefined : this.#made.get(key)
    if (known !== undefined) return known
    const start = reader.at
    const made = make(reader, head)
    reader.at = start
    if (key !== undefined) this.#keep(key, made)
    return made
  }

  #keep(key: string, made: Made): void {
    this.#held += key.length
    if (this.#held > ROOM) {
      this.#made.clear() // start afresh: which of them will come again is not known
      this.#held = key.length
    }
    this.#made.set(key, made)
  }
}

/** Undefined if it would be too long. */
function keyOf({ bytes }: WireReader, { parts, schemaUrl }: Head): string | undefined {
  let length = schemaUrl.length
  for (const [from, to] of parts) length += to - from
  if (length > LONGEST) return undefined
  let key = `${schemaUrl.length} ${schemaUrl}`
  for (const [from, to] of parts) key += bytes.latin1Slice(from, to)
  return key
}
