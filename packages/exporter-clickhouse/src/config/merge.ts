import { bareTree, Given, hasOwnTree, type Tree } from './given.js'
import type { Fields, Type } from './option.js'

/** Groups and dictionaries are merged field by field; any other value of `over` replaces that of `base`. */
export function mergeFields(base: Tree, over: Tree, fields: Fields): Tree {
  const merged = bareTree(base)
  for (const [name, node] of Object.entries(over)) {
    const type = Object.hasOwn(fields, name) ? fields[name]?.type : undefined
    merged[name] = node instanceof Given ? node : mergeNodes(merged[name], node, type)
  }
  return merged
}

function mergeNodes(base: Given | Tree | undefined, over: Tree, type: Type | undefined): Tree {
  if (base === undefined || base instanceof Given || !hasOwnTree(type)) return over
  if (type.kind === 'map') return bareTree(base, over)
  // Fields of different forms must not be mixed: a layer with the first field of a form replaces the whole group.
  const isWhole = type.forms?.some(([first = '']) => Object.hasOwn(over, first))
  return isWhole ? over : mergeFields(base, over, type.fields)
}
