import { memberPiece, type Piece } from './byte-writer.js'
import { RecentTexts } from './recent-texts.js'

const MAX_KEYS = 1024
const MAX_LENGTH = 256

/** The key of an attribute, with what is remembered of it. */
export interface AttributeKey {
  readonly name: string
  /** `,"name":` */
  readonly member: Piece
  readonly texts: RecentTexts
}

const keys = new Map<string, AttributeKey>()

/** Undefined for a key that has to be altered, or is too long to be kept. */
export function attributeKey(name: string): AttributeKey | undefined {
  const known = keys.get(name)
  if (known) return known
  if (name.length > MAX_LENGTH || name.toWellFormed() !== name) return undefined
  // An application that makes keys of its data would fill the memory: what is kept starts afresh. Paths hold some longer.
  if (keys.size >= MAX_KEYS) keys.clear()
  const key: AttributeKey = { name, member: memberPiece(name), texts: new RecentTexts() }
  keys.set(name, key)
  return key
}
