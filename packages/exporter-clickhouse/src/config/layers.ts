import type { Signal } from './config.js'
import { optionsIn } from './endpoint-query.js'
import { parseEndpoint } from './endpoint-url.js'
import { bareTree, Given, type Tree, treeOf } from './given.js'
import { mergeFields } from './merge.js'
import { NAMED_DESTINATION } from './option-table.js'
import { OPTIONS_VIEW, viewOf } from './signal-view.js'

/** The options that one source gives. */
export interface Layer {
  /** Those outside `destinations`. */
  readonly options: Tree
  /** Those of each destination, by name. */
  readonly named: ReadonlyMap<string, Tree>
  /** The names in its list of destinations, if it has one. */
  readonly list: readonly string[] | undefined
  /** The signal whose table its `table` is, and its `schema` if that is a table. */
  readonly tableOf: Signal
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
 * Merges what the layers say to a signal, the lowest first. The highest layer with a list decides which destinations there are; options that the other
 * layers give for the same names are kept. Options outside the list are the defaults for all of them. An option in a URL is left out if
 * its key is ignored.
 */
export function mergeLayers(
  layers: readonly Layer[],
  signal: Signal,
  isIgnored: (key: string) => boolean,
): {
  options: Tree
  /** The destination of the options outside the list, if there is one. */
  outside: NamedTree | undefined
  listed: readonly NamedTree[]
} {
  const viewIn = ({ tableOf }: Layer, tree: Tree) => viewOf(tree, signal, tableOf)
  const levelIn = (layer: Layer, tree: Tree): Level => {
    const options = viewIn(layer, tree)
    return { options, inUrl: carried(options['endpoint'], signal, isIgnored) }
  }
  const options = layers.map((one) => viewIn(one, one.options)).reduce(mergeViews, bareTree())
  // Without the endpoint: a second destination on the same server would only store every row twice.
  const { endpoint, endpoints: _, ...shared } = options
  const list = layers.findLast((one) => one.list)?.list
  const listed = (list ?? []).map((name) => {
    const own = layers.flatMap((one) => {
      const tree = one.named.get(name)
      return tree ? levelIn(one, tree) : []
    })
    return {
      name,
      tree: flattened([{ options: shared, inUrl: undefined }, ...own].reduce(mergeLevels)),
    }
  })
  if (list !== undefined && endpoint === undefined) return { options, outside: undefined, listed }
  const levels = layers.map((one) => levelIn(one, one.options))
  const outside = { name: PRIMARY, tree: flattened(levels.reduce(mergeLevels, NOTHING)) }
  return { options, outside, listed }
}

const NOTHING: Level = { options: bareTree(), inUrl: undefined }

/** The key by which an option in the URL of a variable is ignored. */
export function keyInUrl(variable: string, option: string): string {
  return `${variable}?${option}`
}

/** What the URL of an endpoint says to a signal. */
function carried(
  endpoint: Given | Tree | undefined,
  signal: Signal,
  isIgnored: (key: string) => boolean,
): Tree | undefined {
  if (!(endpoint instanceof Given)) return undefined
  const { options } = optionsIn(parseEndpoint(String(endpoint.value)))
  const source = { ...endpoint.source, isInUrl: true }
  const used = Object.entries(options).filter(
    ([name]) => !isIgnored(keyInUrl(source.name ?? '', name)),
  )
  const tree = treeOf(Object.fromEntries(used), NAMED_DESTINATION.fields, () => source)
  return viewOf(tree, signal, 'traces')
}

/** `over` wins; the options in its endpoint's URL win too. */
function mergeLevels(base: Level, over: Level): Level {
  const below = over.inUrl ? without(base.options, over.inUrl) : base.options
  return { options: mergeViews(below, over.options), inUrl: over.inUrl ?? base.inUrl }
}

function flattened({ options, inUrl }: Level): Tree {
  return mergeViews(inUrl ?? {}, options)
}

/** Hosts of a lower place are not hosts of the endpoint that `over` gives. */
function mergeViews(base: Tree, over: Tree): Tree {
  const { endpoints, ...others } = base
  const below = over['endpoint'] && endpoints ? others : base
  return mergeFields(below, over, OPTIONS_VIEW.fields)
}

/** The first of several endpoints is the endpoint, if none stands beside them. */
export function withFirstEndpoints({ options, named, ...layer }: Layer): Layer {
  return {
    ...layer,
    options: withFirstEndpoint(options),
    named: new Map([...named].map(([name, tree]) => [name, withFirstEndpoint(tree)])),
  }
}

function withFirstEndpoint(tree: Tree): Tree {
  const { endpoint, endpoints } = tree
  if (endpoint || !(endpoints instanceof Given)) return tree
  const [first] = endpoints.value as readonly string[]
  return bareTree(tree, { endpoint: new Given(first, endpoints.source) })
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
