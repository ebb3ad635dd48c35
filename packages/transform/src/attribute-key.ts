import { type Piece, pieceOf } from './byte-writer.js'

const MAX_KEYS = 1024
const MAX_LENGTH = 256

/** The key of an attribute, with what is remembered of it. */
export interface AttributeKey {
  readonly name: string
  /** `,"name":` */
  readonly key: Piece
  /** Which came after it last time: attributes tend to come in the same order. */
  next: AttributeKey | undefined
}

const keys = new Map<string, AttributeKey>()

/** Stands before the first key of an object. */
export const START: { next: AttributeKey | undefined } = { next: undefined }

/** Undefined for a key that has to be altered, or is too long to be kept. */
export function attributeKey(name: string): AttributeKey | undefined {
  const known = keys.get(name)
  if (known) return known
  if (name.length > MAX_LENGTH || name.toWellFormed() !== name) return undefined
  // An application that makes keys of its data would fill the memory: what is kept starts afresh.
  if (keys.size >= MAX_KEYS) {
    keys.clear()
    START.next = undefined
  }
  const key: AttributeKey = { name, key: pieceOf(`,${JSON.stringify(name)}:`), next: undefined }
  keys.set(name, key)
  return key
}

/** The key after `before`, in the order of the object. */
export function following(
  before: { next: AttributeKey | undefined },
  name: string,
): AttributeKey | undefined {
  const guess = before.next
  if (guess !== undefined && guess.name === name) return guess
  const key = attributeKey(name)
  before.next = key
  return key
}
