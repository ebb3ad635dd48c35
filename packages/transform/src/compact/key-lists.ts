import { quoteText } from '../sql/text.js'
import type { KeyList, KeyNumbers } from '../writing/encoding.js'

/** The length of a text in the statement. */
export type LengthOf = (text: string) => number

/**
 * The lists of attribute keys of one batch. Each is once in the batch's statement, and rows refer to it by its
 * number. Lists are only added, so numbers stay valid even if a row is removed again.
 */
export class KeyLists implements KeyNumbers {
  readonly #lists: KeyList[] = []
  readonly #literals: string[] = []
  readonly #numbers = new Map<KeyList, number>()
  readonly #lengthOf: LengthOf
  #room: number
  #last: KeyList | undefined
  #lastNumber: number | undefined

  /** `room`: how much of the statement they may take, as `lengthOf` measures it. */
  constructor(room: number, lengthOf: LengthOf = ({ length }) => length) {
    this.#room = room
    this.#lengthOf = lengthOf
  }

  /** After the first list for which there was no room. */
  get isFull(): boolean {
    return this.#room <= 0
  }

  has(list: KeyList): boolean {
    return this.#numbers.has(list)
  }

  numberOf(list: KeyList): number | undefined {
    if (list !== this.#last) {
      this.#lastNumber = this.#numbers.get(list) ?? this.#add(list)
      this.#last = list
    }
    return this.#lastNumber
  }

  get names(): string[][] {
    return this.#lists.map((list) => list.map(({ name }) => name))
  }

  /** As an SQL expression: an array of arrays, whose indexes start at 1 too. */
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
