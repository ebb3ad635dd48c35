import { type AttributeKey, attributeKey } from './attribute-key.js'

const MAX_NODES = 4096

/** The names of an object's attributes up to one of them, in the object's own order. */
interface Node {
  readonly name: string
  /** Which name came next, last time. */
  last: Node | undefined
  readonly others: Map<string, Node>
  /** All of the names on the way here, sorted. */
  sorted: readonly AttributeKey[] | undefined
}

let root = newNode('')
let nodes = 0

/**
 * The keys of a plain object, sorted. Objects with the same names in the same order, which are most, are sorted once.
 * Undefined if one of the keys has to be altered.
 */
export function orderOf(values: object): readonly AttributeKey[] | undefined {
  let node = root
  for (const name in values) node = following(node, name)
  if (nodes > MAX_NODES) {
    root = newNode('') // it starts afresh: an application may make names of its data
    nodes = 0
  }
  node.sorted ??= sortedKeys(Object.keys(values))
  return node.sorted
}

function following(node: Node, name: string): Node {
  if (node.last?.name === name) return node.last
  let next = node.others.get(name)
  if (!next) {
    next = newNode(name)
    nodes++
    node.others.set(name, next)
  }
  node.last = next
  return next
}

function sortedKeys(names: string[]): AttributeKey[] | undefined {
  const keys = names.sort().map(attributeKey)
  return keys.every((key) => key !== undefined) ? keys : undefined
}

function newNode(name: string): Node {
  return { name, last: undefined, others: new Map(), sorted: undefined }
}
