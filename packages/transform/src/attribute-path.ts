import { type AttributeKey, attributeKey } from './attribute-key.js'
import { compareUtf8 } from './utf8-order.js'

const MAX_PATHS = 4096
const MAX_LENGTH = 256

/** Keys of attributes, one after the other. The same object for the same keys, for as long as they are remembered. */
export type KeyList = readonly AttributeKey[]

/** The keys of an object up to one of them, in the object's own order: a node in a tree of those that were seen. */
export interface AttributePath {
  readonly before: AttributePath | undefined
  readonly name: string
  /** Undefined where no key was yet. */
  readonly key: AttributeKey | undefined
  readonly length: number
  /** Which came next, last time: attributes tend to come in the same order. */
  next: AttributePath | undefined
  readonly others: Map<string, AttributePath>
  inOrder: KeyList | undefined
  sorted: KeyList | undefined
}

let root = newPath(undefined, undefined)
let paths = 0

/** Before the first key. */
export function startOfPath(): AttributePath {
  if (paths > MAX_PATHS) {
    root = newPath(undefined, undefined) // it starts afresh: an application may make names of its data
    paths = 0
  }
  return root
}

/** Undefined for a key that has to be altered, and for more of them than are kept. */
export function following(path: AttributePath, name: string): AttributePath | undefined {
  const guess = path.next
  if (guess !== undefined && guess.name === name) return guess
  let next = path.others.get(name)
  if (!next) {
    const key = attributeKey(name)
    if (!key || path.length === MAX_LENGTH) return undefined
    next = newPath(path, key)
    paths++
    path.others.set(name, next)
  }
  path.next = next
  return next
}

export function keysInOrder(path: AttributePath): KeyList {
  path.inOrder ??= keysOf(path)
  return path.inOrder
}

export function keysSorted(path: AttributePath): KeyList {
  path.sorted ??= keysOf(path).sort((a, b) => compareUtf8(a.name, b.name))
  return path.sorted
}

function keysOf(end: AttributePath): AttributeKey[] {
  const keys: AttributeKey[] = []
  for (let path: AttributePath | undefined = end; path?.key; path = path.before) keys.push(path.key)
  return keys.reverse()
}

function newPath(before: AttributePath | undefined, key: AttributeKey | undefined): AttributePath {
  return {
    before,
    name: key?.name ?? '',
    key,
    length: before ? before.length + 1 : 0,
    next: undefined,
    others: new Map(),
    inOrder: undefined,
    sorted: undefined,
  }
}
