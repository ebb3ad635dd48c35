import { memberPiece, type Piece } from '../writing/byte-writer.js'
import { RecentTexts } from '../writing/recent-texts.js'

const MAX_KEYS = 1024
const MAX_LENGTH = 256

/** The key of an attribute, encoded, with the recent texts of its values. */
export interface AttributeKey {
  readonly name: string
  /** `,"name":` */
  readonly member: Piece
  readonly texts: RecentTexts
}

const keys = new Map<string, AttributeKey>()

/** Undefined for a key that must be altered to be written, or is too long to be remembered. */
export function attributeKey(name: string): AttributeKey | undefined {
  const known = keys.get(name)
  if (known) return known
  if (name.length > MAX_LENGTH || name.toWellFormed() !== name) return undefined
  // Start afresh: an application that makes keys from its data would fill the memory. Paths keep some keys alive for longer.
  if (keys.size >= MAX_KEYS) keys.clear()
  const key: AttributeKey = { name, member: memberPiece(name), texts: new RecentTexts() }
  keys.set(name, key)
  return key
}
