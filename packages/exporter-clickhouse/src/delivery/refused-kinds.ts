import { clock } from '../common/clock.js'
import type { Entry } from './entry.js'

// `dispatch` may take the names of tables from the data. With more kinds than this, each is tried less often, so that other rows get their turn.
const MAX_ASKED = 100

interface Kind {
  readonly aside: Set<Entry>
  /** Those of them that no earlier process has left: a flush waits for them. */
  readonly awaited: Set<Entry>
  /** The entry that is tried on behalf of the others. */
  probe: Entry | undefined
  timer: NodeJS.Timeout | undefined
  /** How often the first entry of the kind, or the probe after it, was refused. */
  refusals: number
}

/**
 * Foreign batches whose INSERT the server refuses: `dispatch` or an earlier configuration named a table, columns or settings that do not
 * exist, or the rights for them are missing. That says nothing about the server, so they wait aside, grouped by kind, and do not hold up other batches.
 * After a while one of each kind is tried again. When the server takes it, all of that kind are sent.
 */
export class RefusedKinds {
  readonly #kinds = new Map<string, Kind>()
  /**
   * Kinds that were sent again because rows from outside the waiting entries were taken. Until their probe is taken, that counts only once.
   */
  readonly #wokenByOthers = new Set<string>()
  readonly #wake: (entry: Entry) => void

  /** `wake` is called for an entry that may be sent again. */
  constructor(wake: (entry: Entry) => void) {
    this.#wake = wake
  }

  get size(): number {
    return this.#kinds.size
  }

  /** True if the entry has to wait with others of its kind. */
  joins(entry: Entry, name: string): boolean {
    const kind = this.#kinds.get(name)
    if (!kind || kind.probe === entry) return false
    put(entry, kind)
    return true
  }

  /**
   * Puts a refused entry aside. False if others of its kind were refused before. `delayMs`: the wait until the next probe after so many
   * refusals.
   */
  refused(entry: Entry, name: string, delayMs: (refusals: number) => number): boolean {
    const known = this.#kinds.get(name)
    const kind = known ?? newKind()
    this.#kinds.set(name, kind)
    put(entry, kind)
    // If several were in flight together, only the first refusal counts.
    if (known && known.probe !== entry) return false
    kind.probe = undefined
    kind.refusals++
    this.#askLater(kind, delayMs(kind.refusals) * Math.max(this.#kinds.size / MAX_ASKED, 1))
    return known === undefined
  }

  /**
   * Rows of that kind were taken, so all entries of the kind are sent. If the rows were not the probe's, this happens only once:
   * the cause may be the content of the entries that wait.
   */
  taken(entry: Entry, name: string): void {
    const kind = this.#kinds.get(name)
    if (!kind) return
    if (kind.probe === entry) this.#wokenByOthers.delete(name)
    else if (this.#wokenByOthers.has(name)) return
    else this.#wokenByOthers.add(name)
    this.#kinds.delete(name)
    clock.clearTimeout(kind.timer)
    for (const entry of kind.aside) this.#wake(entry)
  }

  /** Tries one batch now of each kind that a flush waits for, beginning with those that have waited longest. */
  hurry(): void {
    let asked = 0
    for (const [name, kind] of this.#kinds) {
      if (kind.probe || kind.awaited.size === 0) continue
      if (asked++ === MAX_ASKED) return
      this.#kinds.delete(name) // to the end
      this.#kinds.set(name, kind)
      this.#ask(kind)
    }
  }

  /** The entry has left the queue, or its heirs have taken its place. */
  left(entry: Entry, [heir]: readonly Entry[] = []): void {
    const name = entry.kind
    const kind = name !== undefined && this.#kinds.get(name)
    if (!kind) return
    take(entry, kind)
    if (kind.probe === entry) {
      kind.probe = heir
      if (heir) heir.kind = name
      else this.#askLater(kind, 0)
    }
    if (kind.aside.size > 0 || kind.probe) return
    this.#kinds.delete(name)
    clock.clearTimeout(kind.timer)
  }

  close(): void {
    for (const { timer } of this.#kinds.values()) clock.clearTimeout(timer)
  }

  #askLater(kind: Kind, delayMs: number): void {
    clock.clearTimeout(kind.timer)
    kind.timer = clock.setTimeout(() => this.#ask(kind), delayMs).unref()
  }

  #ask(kind: Kind): void {
    const [next] = kind.aside
    if (!next || kind.probe) return
    take(next, kind)
    kind.probe = next
    this.#wake(next)
  }
}

function newKind(): Kind {
  return {
    aside: new Set(),
    awaited: new Set(),
    probe: undefined,
    timer: undefined,
    refusals: 0,
  }
}

function put(entry: Entry, { aside, awaited }: Kind): void {
  aside.add(entry)
  if (!entry.recovered) awaited.add(entry)
}

function take(entry: Entry, { aside, awaited }: Kind): void {
  aside.delete(entry)
  awaited.delete(entry)
}
