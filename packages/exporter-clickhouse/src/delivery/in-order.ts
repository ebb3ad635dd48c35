const MAX_CHUNK = 512

/** Where a thing stands. Must not change while it is in a set. */
interface Placed {
  readonly place: number
}

/**
 * A set in the order of places. A change costs about the same however many are in it, wherever it is made: the things stand in chunks, and
 * only one chunk is moved.
 */
export class InOrder<Thing extends Placed> implements Iterable<Thing> {
  readonly #chunks: Thing[][] = []

  get first(): Thing | undefined {
    return this.#chunks[0]?.[0]
  }

  *[Symbol.iterator](): IterableIterator<Thing> {
    for (const chunk of this.#chunks) yield* chunk
  }

  /** Has it in the set, or not. */
  keep(thing: Thing, isIn: boolean): void {
    const number = this.#chunkFor(thing)
    const chunk = this.#chunks[number]
    const index = chunk ? placeIn(chunk, thing.place) : 0
    if ((chunk?.[index] === thing) === isIn) return
    if (isIn) this.#add(thing, number, index)
    else this.#delete(number, index)
  }

  #add(thing: Thing, number: number, index: number): void {
    const chunk = this.#chunks[number]
    if (!chunk) {
      this.#chunks.push([thing])
      return
    }
    chunk.splice(index, 0, thing)
    if (chunk.length > MAX_CHUNK)
      this.#chunks.splice(number + 1, 0, chunk.splice(chunk.length >> 1))
  }

  #delete(number: number, index: number): void {
    const chunk = this.#chunks[number]
    chunk?.splice(index, 1)
    if (chunk?.length === 0) this.#chunks.splice(number, 1)
  }

  /** The number of the first chunk that does not end before it, else of the last one. */
  #chunkFor({ place }: Placed): number {
    const chunks = this.#chunks
    const last = Math.max(chunks.length - 1, 0)
    return firstFrom(last, (number) => (chunks[number]?.at(-1)?.place ?? place) >= place)
  }
}

/** The index of the first thing that does not stand before `place`. */
function placeIn(chunk: readonly Placed[], place: number): number {
  return firstFrom(chunk.length, (index) => (chunk[index]?.place ?? place) >= place)
}

/** The first number below `end` from which on `isThere` is true, else `end`. */
function firstFrom(end: number, isThere: (number: number) => boolean): number {
  let [low, high] = [0, end]
  while (low < high) {
    const middle = (low + high) >> 1
    if (isThere(middle)) high = middle
    else low = middle + 1
  }
  return low
}
