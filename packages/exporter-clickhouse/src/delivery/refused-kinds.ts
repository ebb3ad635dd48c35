import { clock } from '../common/clock.js'
import type { Entry } from './entry.js'

interface Kind {
  readonly aside: Set<Entry>
  /** The entry that is tried on behalf of the others. */
  probe: Entry | undefined
  timer: NodeJS.Timeout | undefined
  /** How often one was refused that asked for all. */
  refusals: number
}

/**
 * Recovered batches whose INSERT the server refuses: an earlier configuration made them, for a table, columns, settings or rights
 * that no longer exist. That says nothing about the server, so they wait aside, by kind, and hold up no others. After a while one of
 * each kind is tried again; when the server takes it, all of that kind are sent.
 */
export class RefusedKinds {
  readonly #kinds = new Map<string, Kind>()
  /** Kinds that were refused all the same when they followed others of their kind. */
  readonly #misled = new Set<string>()
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
    kind.aside.add(entry)
    return true
  }

  /** False if others of its kind were refused before. `delayMs`: how long none asks after so many refusals of the kind. */
  refused(entry: Entry, name: string, delayMs: (refusals: number) => number): boolean {
    const known = this.#kinds.get(name)
    const kind = known ?? { aside: new Set(), probe: undefined, timer: undefined, refusals: 0 }
    this.#kinds.set(name, kind)
    kind.aside.add(entry)
    // Of those that were under way at once the first is told for all.
    if (known && known.probe !== entry) return false
    kind.probe = undefined
    kind.refusals++
    this.#askLater(kind, delayMs(kind.refusals))
    return known === undefined
  }

  /** Rows of that kind were taken: all follow. Once only, if they were not of those that wait: it may be what is in these. */
  taken(entry: Entry, name: string): void {
    const kind = this.#kinds.get(name)
    if (!kind) return
    if (kind.probe === entry) this.#misled.delete(name)
    else if (this.#misled.has(name)) return
    else this.#misled.add(name)
    this.#kinds.delete(name)
    clock.clearTimeout(kind.timer)
    for (const entry of kind.aside) this.#wake(entry)
  }

  /** The entry has left the queue, or goes on as its heirs. */
  left(entry: Entry, [heir]: readonly Entry[] = []): void {
    for (const [name, kind] of this.#kinds) {
      kind.aside.delete(entry)
      if (kind.probe === entry) {
        kind.probe = heir
        if (!heir) this.#askLater(kind, 0)
      }
      if (kind.aside.size > 0 || kind.probe) continue
      this.#kinds.delete(name)
      clock.clearTimeout(kind.timer)
    }
  }

  close(): void {
    for (const { timer } of this.#kinds.values()) clock.clearTimeout(timer)
  }

  #askLater(kind: Kind, delayMs: number): void {
    clock.clearTimeout(kind.timer)
    kind.timer = clock
      .setTimeout(() => {
        const [next] = kind.aside
        if (!next || kind.probe) return
        kind.aside.delete(next)
        kind.probe = next
        this.#wake(next)
      }, delayMs)
      .unref()
  }
}
