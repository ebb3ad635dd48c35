import { compareUtf8 } from '../values/utf8-order.js'
import { type AttributeKey, attributeKey } from './key.js'

const MAX_PATHS = 4096
const MAX_LENGTH = 256

/** The keys of an attributes object, in order. While the path is remembered, the same keys give the same array. */
type Keys = readonly AttributeKey[]

/** A node in the tree of the key sequences seen so far: the keys of an object up to this one, in the object's order. */
export interface AttributePath {
  readonly before: AttributePath | undefined
  readonly name: string
  /** Undefined for the root, before the first key. */
  readonly key: AttributeKey | undefined
  readonly length: number
  /** The node that followed last time: attributes tend to come in the same order. */
  next: AttributePath | undefined
  readonly others: Map<string, AttributePath>
  inOrder: Keys | undefined
  sorted: Keys | undefined
}

let root = newPath(undefined, undefined)
let paths = 0

/** The root of the tree, before the first key. */
export function startOfPath(): AttributePath {
  if (paths > MAX_PATHS) {
    root = newPath(undefined, undefined) // start afresh: an application may make keys from its data
    paths = 0
  }
  return root
}

/**
 * The node for one more key of an object. Undefined if the key must be altered to be written, if the path is too long to be remembered, or
 * if a key that never came here before is inherited.
 */
export function following(
  path: AttributePath,
  name: string,
  values: object,
): AttributePath | undefined {
  const guess = path.next
  return guess?.name === name ? guess : lookUp(path, name, values)
}

// A function of its own, so that the other is small enough to be inlined.
function lookUp(path: AttributePath, name: string, values: object): AttributePath | undefined {
  let next = path.others.get(name)
  if (!next) {
    const key = Object.hasOwn(values, name) ? attributeKey(name) : undefined
    if (!key || path.length === MAX_LENGTH) return undefined
    next = newPath(path, key)
    paths++
    path.others.set(name, next)
  }
  path.next = next
  return next
}

export function keysInOrder(path: AttributePath): Keys {
  path.inOrder ??= keysOf(path)
  return path.inOrder
}

export function keysSorted(path: AttributePath): Keys {
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
