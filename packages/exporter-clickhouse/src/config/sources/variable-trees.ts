import { metrics } from '@opentelemetry/api'
import { bareTree, Given, type Tree } from '../given.js'

/** The options that variables set: those of all destinations, and those of single ones. */
export interface VariableTrees {
  readonly options: Tree
  readonly named: Map<string, Tree>
}

/** The tree of a destination, or of all. */
export function treeOf({ options, named }: VariableTrees, destination: string | undefined): Tree {
  if (destination === undefined) return options
  const tree = named.get(destination) ?? bareTree()
  named.set(destination, tree)
  return tree
}

export function put(tree: Tree, path: readonly string[], value: unknown, variable: string): void {
  const source = { layer: 'environment', name: variable } as const
  let node = tree
  for (const name of path.slice(0, -1)) {
    const next = node[name] ?? bareTree()
    node[name] = next
    node = next as Tree
  }
  const last = path.at(-1) ?? ''
  node[last] =
    typeof value === 'object' && value !== metrics && !Array.isArray(value)
      ? bareTree(
          Object.fromEntries(
            Object.entries(Object(value)).map(([name, one]) => [name, new Given(one, source)]),
          ),
        )
      : new Given(value, source)
}
