import { clock } from '../common/clock.js'
import type { Place } from './reading.js'

/** A record that waits for the decision about its trace. */
export interface Held {
  readonly owner: HoldOwner
  /** The parcel that has brought it. */
  readonly parcel: object | undefined
  readonly record: object
  readonly place: Place
  readonly bytes: number
  /** Whether it is kept if nothing more becomes known of its trace. */
  readonly isUsuallyKept: boolean
}

/** The router that gets its records back. */
export interface HoldOwner {
  decided(held: Held, isKept: boolean): void
}

interface Waiting {
  readonly since: number
  /** The records that wait, by the span that has to end first. */
  readonly under: Map<string, Held[]>
  bytes: number
}

// A trace id and an entry take about 150 bytes.
const MAX_REMEMBERED = 10_000

/**
 * Records of traces that are not decided yet, bounded in bytes and time. Spans and log records of a process share it: an error in a span
 * also keeps the log records of its trace.
 */
export class Hold {
  readonly #maxWaitMs: number
  readonly #maxBytes: number
  /** By trace, the oldest first. */
  readonly #waiting = new Map<string, Waiting>()
  /** Traces of which everything is kept. */
  readonly #kept = new Set<string>()
  /** What became of the last local root of a trace. */
  readonly #roots = new Map<string, boolean>()
  #bytes = 0
  #timer: NodeJS.Timeout | undefined
  /** How many owners bring in spans. Without any, nothing is ever decided here. */
  spanOwners = 0

  constructor({ maxWaitMs, maxWaitingBytes }: { maxWaitMs: number; maxWaitingBytes: number }) {
    this.#maxWaitMs = maxWaitMs
    this.#maxBytes = maxWaitingBytes
  }

  isKept(traceId: string): boolean {
    return this.#kept.has(traceId)
  }

  /** Takes a record in. It may be decided before this returns, if there is no room. */
  wait(held: Held): void {
    const { traceId, under } = held.place
    const trace = this.#waiting.get(traceId) ?? this.#newTrace(traceId)
    const siblings = trace.under.get(under)
    if (siblings) siblings.push(held)
    else trace.under.set(under, [held])
    trace.bytes += held.bytes
    this.#bytes += held.bytes
    for (const oldest of this.#waiting.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      this.#giveUp(oldest)
    }
  }

  /** Everything of this trace is kept, also what comes later. */
  keep(traceId: string): void {
    remember(this.#kept, traceId)
    for (const held of this.#takeOut(traceId)) held.owner.decided(held, true)
  }

  /** The first span of a trace in this process has ended: decides what is below it. Other calls of the same trace may go on. */
  rootEnded({ traceId, spanId }: Place, isKept: boolean): void {
    rememberValue(this.#roots, traceId, isKept)
    const trace = this.#waiting.get(traceId)
    if (!trace) return
    const decided: Held[] = []
    const spans = [spanId]
    for (let id = spans.pop(); id !== undefined; id = spans.pop()) {
      const below = trace.under.get(id) ?? []
      trace.under.delete(id)
      for (const held of below) {
        decided.push(held)
        trace.bytes -= held.bytes
        this.#bytes -= held.bytes
        if (held.place.spanId !== id) spans.push(held.place.spanId)
      }
    }
    if (trace.under.size === 0) this.#waiting.delete(traceId)
    for (const held of decided) held.owner.decided(held, isKept)
  }

  /** Decides the records of an owner by what is known now. */
  decideAll(owner: HoldOwner): void {
    for (const traceId of [...this.#waiting.keys()]) this.#giveUp(traceId, owner)
  }

  #newTrace(traceId: string): Waiting {
    const trace = { since: clock.now(), under: new Map(), bytes: 0 }
    this.#waiting.set(traceId, trace)
    this.#timer ??= clock.setTimeout(() => this.#expire(), this.#maxWaitMs).unref()
    return trace
  }

  #expire(): void {
    this.#timer = undefined
    const now = clock.now()
    for (const [traceId, { since }] of [...this.#waiting]) {
      const left = since + this.#maxWaitMs - now
      if (left > 1) {
        this.#timer ??= clock.setTimeout(() => this.#expire(), left).unref()
        return
      }
      this.#giveUp(traceId)
    }
  }

  #giveUp(traceId: string, owner?: HoldOwner): void {
    const root = this.#roots.get(traceId)
    for (const held of this.#takeOut(traceId, owner))
      held.owner.decided(held, root ?? held.isUsuallyKept)
  }

  /** Removes the records of a trace, or those of one owner in it. */
  #takeOut(traceId: string, owner?: HoldOwner): Held[] {
    const trace = this.#waiting.get(traceId)
    if (!trace) return []
    const out: Held[] = []
    for (const [under, all] of trace.under) {
      const left: Held[] = []
      // One by one: the arguments of one call of push() must fit on the stack.
      for (const held of all) (owner && held.owner !== owner ? left : out).push(held)
      if (left.length > 0) trace.under.set(under, left)
      else trace.under.delete(under)
    }
    for (const { bytes } of out) {
      trace.bytes -= bytes
      this.#bytes -= bytes
    }
    if (trace.under.size === 0) this.#waiting.delete(traceId)
    return out
  }
}

function remember(set: Set<string>, id: string): void {
  set.delete(id) // the set keeps the order: the oldest is the first
  set.add(id)
  for (const oldest of set) {
    if (set.size <= MAX_REMEMBERED) return
    set.delete(oldest)
  }
}

function rememberValue(map: Map<string, boolean>, id: string, value: boolean): void {
  map.delete(id)
  map.set(id, value)
  for (const oldest of map.keys()) {
    if (map.size <= MAX_REMEMBERED) return
    map.delete(oldest)
  }
}
