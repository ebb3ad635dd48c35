import type { KeyList } from './attribute-path.js'
import { quoteText } from './sql-text.js'

/** How long a text is in a statement. */
export type LengthOf = (text: string) => number

/**
 * The lists of attribute keys that the rows of one batch have: each stands once, in the batch's statement, and rows name it by
 * number. Only grows, so the number of a row stays right, also for one that was taken back.
 */
export class KeyLists {
  readonly #lists: KeyList[] = []
  readonly #literals: string[] = []
  readonly #numbers = new Map<KeyList, number>()
  readonly #lengthOf: LengthOf
  #room: number
  #last: KeyList | undefined // most spans have the keys of the one before
  #lastNumber = 0

  /** `room`: what they may take of a statement, by the measure of `lengthOf`. */
  constructor(room: number, lengthOf: LengthOf = ({ length }) => length) {
    this.#room = room
    this.#lengthOf = lengthOf
  }

  /** A list that is not known will not get a number: one had no room. */
  get isFull(): boolean {
    return this.#room <= 0
  }

  has(list: KeyList): boolean {
    return this.#numbers.has(list)
  }

  /** From 1 on. Undefined where the statement has no more room. */
  numberOf(list: KeyList): number | undefined {
    if (list === this.#last) return this.#lastNumber
    const number = this.#numbers.get(list) ?? this.#add(list)
    if (number === undefined) return undefined
    this.#last = list
    this.#lastNumber = number
    return number
  }

  get names(): string[][] {
    return this.#lists.map((list) => list.map(({ name }) => name))
  }

  /** As an expression of SQL: an array of arrays, which counts from 1 too. */
  get literal(): string {
    return `CAST([${this.#literals.join(', ')}], 'Array(Array(String))')`
  }

  #add(list: KeyList): number | undefined {
    if (this.isFull) return undefined
    const literal = `[${list.map(({ name }) => quoteText(name)).join(', ')}]`
    const taken = this.#lengthOf(`${literal}, `)
    if (taken > this.#room) {
      this.#room = 0
      return undefined
    }
    this.#room -= taken
    this.#literals.push(literal)
    const number = this.#lists.push(list)
    this.#numbers.set(list, number)
    return number
  }
}
