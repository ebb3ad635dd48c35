import { optionsIn } from './endpoint-query.js'
import { parseEndpoint } from './endpoint-url.js'
import { bareTree, Given, hasOwnTree, type Tree, treeOf } from './given.js'
import type { Fields, Type } from './option.js'
import { NAMED_DESTINATION, OPTIONS } from './option-table.js'

/** The options that one source gives. */
export interface Layer {
  /** Those outside `destinations`. */
  readonly options: Tree
  /** Those of each destination, by name. */
  readonly named: ReadonlyMap<string, Tree>
  /** The names in its list of destinations, if it has one. */
  readonly list: readonly string[] | undefined
}

export interface NamedTree {
  readonly name: string
  readonly tree: Tree
}

export const PRIMARY = 'primary'

/** Options of one destination. Those in its endpoint's URL are kept apart: another endpoint replaces them. */
interface Level {
  readonly options: Tree
  readonly inUrl: Tree | undefined
}

/**
 * Merges the layers, the lowest first. The highest layer with a list decides which destinations there are; options that the other
 * layers give for the same names are kept. Options outside the list are the defaults for all of them. An option in a URL is left out if
 * its key is ignored.
 */
export function mergeLayers(
  layers: readonly Layer[],
  isIgnored: (key: string) => boolean,
): {
  options: Tree
  /** The destination of the options outside the list, if there is one. */
  outside: NamedTree | undefined
  listed: readonly NamedTree[]
} {
  const options = layers.map((one) => one.options).reduce(mergeOptions, bareTree())
  // Without the endpoint: a second destination on the same server would only store every row twice.
  const { endpoint, ...shared } = options
  const list = layers.findLast((one) => one.list)?.list
  const listed = (list ?? []).map((name) => {
    const own = layers.flatMap((one) => levelOf(one.named.get(name), isIgnored) ?? [])
    return {
      name,
      tree: flattened([{ options: shared, inUrl: undefined }, ...own].reduce(mergeLevels)),
    }
  })
  if (list !== undefined && endpoint === undefined) return { options, outside: undefined, listed }
  const levels = layers.map((one) => levelOf(one.options, isIgnored))
  const outside = { name: PRIMARY, tree: flattened(levels.reduce(mergeLevels, NOTHING)) }
  return { options, outside, listed }
}

const NOTHING: Level = { options: bareTree(), inUrl: undefined }

/** The key by which an option in the URL of a variable is ignored. */
export function keyInUrl(variable: string, option: string): string {
  return `${variable}?${option}`
}

type IsIgnored = (key: string) => boolean

function levelOf(options: Tree, isIgnored: IsIgnored): Level
function levelOf(options: Tree | undefined, isIgnored: IsIgnored): Level | undefined
function levelOf(options: Tree | undefined, isIgnored: IsIgnored): Level | undefined {
  const endpoint = options?.['endpoint']
  if (!(options && endpoint instanceof Given)) return options && { options, inUrl: undefined }
  const { options: carried } = optionsIn(parseEndpoint(String(endpoint.value)))
  const source = { ...endpoint.source, isInUrl: true }
  const used = Object.entries(carried).filter(
    ([name]) => !isIgnored(keyInUrl(source.name ?? '', name)),
  )
  const inUrl = treeOf(Object.fromEntries(used), NAMED_DESTINATION.fields, () => source)
  return { options, inUrl }
}

/** `over` wins; the options in its endpoint's URL win too. */
function mergeLevels(base: Level, over: Level): Level {
  const below = over.inUrl ? without(base.options, over.inUrl) : base.options
  return { options: mergeOptions(below, over.options), inUrl: over.inUrl ?? base.inUrl }
}

function flattened({ options, inUrl }: Level): Tree {
  return mergeOptions(inUrl ?? {}, options)
}

function mergeOptions(base: Tree, over: Tree): Tree {
  return mergeFields(base, over, OPTIONS.fields)
}

function mergeFields(base: Tree, over: Tree, fields: Fields): Tree {
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

function without(tree: Tree, taken: Tree): Tree {
  const left = bareTree(tree)
  for (const [name, node] of Object.entries(taken)) {
    const own = left[name]
    if (node instanceof Given || own instanceof Given || own === undefined) delete left[name]
    else left[name] = without(own, node)
  }
  return left
}
