import { bare } from './bare.js'
import type { Fields, Type } from './option.js'

/** Where a value comes from. */
export interface Source {
  readonly layer: 'default' | 'file' | 'environment' | 'code'
  /** The variable; or the file, line and column. */
  readonly name?: string
  /** It is a part of the endpoint's URL. */
  readonly isInUrl?: boolean
}

export function sourceText({ layer, name, isInUrl }: Source): string {
  const text = name ?? layer
  return isInUrl ? `${text} (in the URL)` : text
}

/** The value of an option, and where it comes from. */
export class Given {
  readonly value: unknown
  readonly source: Source

  constructor(value: unknown, source: Source) {
    this.value = value
    this.source = source
  }
}

/** Stands for the value of an option that says what must not reach a destination, if its text cannot be read. */
export const UNREADABLE: unique symbol = Symbol('unreadable')

/** Options by name, those of a group or dictionary in a tree of their own. An option that is not in it is not given. */
export interface Tree {
  [name: string]: Given | Tree
}

export const DEFAULT: Source = { layer: 'default' }

/** Remembers for each option where it comes from. Options that are undefined are left out. */
export function treeOf(
  options: object,
  fields: Fields,
  sourceOf: (path: readonly string[]) => Source,
  at: readonly string[] = [],
): Tree {
  const tree = bareTree()
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    const type = Object.hasOwn(fields, name) ? fields[name]?.type : undefined
    const path = [...at, name]
    tree[name] = hasOwnTree(type)
      ? treeOf(Object(value), type.kind === 'group' ? type.fields : {}, sourceOf, path)
      : new Given(value, sourceOf(path))
  }
  return tree
}

export function hasOwnTree(
  type: Type | undefined,
): type is Extract<Type, { kind: 'group' | 'map' }> {
  return type?.kind === 'group' || type?.kind === 'map'
}

export function bareTree(...from: readonly (Tree | undefined)[]): Tree {
  return bare(...from) as Tree
}

/** The values alone. */
export function valuesOf(tree: Tree): Record<string, unknown> {
  const values = bare()
  for (const [name, node] of Object.entries(tree))
    values[name] = node instanceof Given ? node.value : valuesOf(node)
  return values
}

/** The tree without `UNREADABLE` values. */
export function readableOf(tree: Tree): Tree {
  const readable = bareTree()
  for (const [name, node] of Object.entries(tree)) {
    if (!(node instanceof Given)) readable[name] = readableOf(node)
    else if (node.value !== UNREADABLE) readable[name] = node
  }
  return readable
}

/** The sources of the `UNREADABLE` values. */
export function unreadableIn(tree: Tree): Source[] {
  return Object.values(tree).flatMap((node) => {
    if (!(node instanceof Given)) return unreadableIn(node)
    return node.value === UNREADABLE ? [node.source] : []
  })
}

export function valueAt(tree: Tree, path: readonly string[]): unknown {
  return givenAt(tree, path)?.value
}

export function givenAt(tree: Tree | undefined, path: readonly string[]): Given | undefined {
  let node: Given | Tree | undefined = tree
  for (const name of path) node = node instanceof Given ? undefined : node?.[name]
  return node instanceof Given ? node : undefined
}

/** All values below a path, or the value at it. */
export function givenBelow(tree: Tree, path: readonly string[]): Given[] {
  let node: Given | Tree | undefined = tree
  for (const name of path) node = node instanceof Given ? undefined : node?.[name]
  if (node instanceof Given) return [node]
  return Object.keys(node ?? {}).flatMap((name) => givenBelow(node as Tree, [name]))
}
