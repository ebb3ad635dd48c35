import type { Signal } from './config.js'
import type { Conflict } from './conflict.js'
import { conflicts, duplicateNames, isName, tableTwice } from './consistency.js'
import { completeDestination } from './defaults.js'
import { type Doubt, sentenceOf } from './doubt.js'
import { optionsIn } from './endpoint-query.js'
import { parseEndpoint } from './endpoint-url.js'
import type { Gathered, GatheredDestination } from './gathered.js'
import { givenAt, readableOf, type Source, type Tree, treeOf, unreadableIn } from './given.js'
import { keyInUrl, type Layer, mergeLayers, type NamedTree, withFirstEndpoints } from './layers.js'
import { NAMED_DESTINATION, OPTIONS } from './option-table.js'
import type { NamedDestinationOptions, Options } from './options.js'
import { bySignal } from './signal-view.js'
import { fromCode } from './sources/code.js'
import { configFileIn, fromEnvironment } from './sources/environment.js'
import { fromFile } from './sources/file.js'
import { PREFIX, variablePartOf } from './variable-names.js'

const IGNORED_IN_URL = 'That part of the URL is ignored.'
const EMPTY: Layer = { options: {}, named: new Map(), list: undefined, tableOf: 'traces' }

/**
 * Reads all sources: defaults < file < environment < code. `table` and a table as `schema` in `given` are those of `signal`. Never throws.
 */
export function gather(
  given: unknown,
  env: NodeJS.ProcessEnv,
  signal: Signal = 'traces',
): Gathered {
  const { options, problems: wrong } = fromCode(given)
  const code = wrong.length > 0 ? EMPTY : layerOf(options, () => ({ layer: 'code' }), signal)
  const path = configFileIn(env)
  const file = path === undefined ? undefined : fromFile(path, env)
  const problems = [
    ...[...wrong, ...duplicateNames(options)].map(({ text }) => text),
    ...(wrong.length > 0 ? endpointsMissingIn(options, env) : tableTwice(options, signal)),
    ...(file?.problems ?? []),
  ]
  const below = file?.problems.length === 0 ? layerOf(file.options, file.sourceOf, 'traces') : EMPTY
  return mergedWithoutConflicts(code, below, env, problems)
}

/** Reports missing endpoints, as `listConflicts()` does, if options of the code have other mistakes and so cannot be merged. */
function endpointsMissingIn(options: Options, env: NodeJS.ProcessEnv): string[] {
  const destinations: unknown = Object(options).destinations
  if (!Array.isArray(destinations)) return []
  return destinations
    .map((one) => Object(one) as Partial<NamedDestinationOptions>)
    .filter(
      ({ name, endpoint, endpoints }) => isName(name) && (endpoint ?? endpoints) === undefined,
    )
    .map(({ name }) => String(name))
    .filter((name) => !env[`${PREFIX}${variablePartOf(name)}_ENDPOINT`])
    .filter((name) => !env[`${PREFIX}${variablePartOf(name)}_ENDPOINTS`])
    .map(missingEndpoint)
}

function missingEndpoint(name: string): string {
  return `destinations[${name}].endpoint is missing`
}

/** Makes a layer of options, which must be valid. */
function layerOf(
  { destinations, ...options }: Options,
  sourceOf: (path: readonly string[]) => Source,
  tableOf: Signal,
): Layer {
  const named = (destinations ?? []).map(({ name, ...own }, index): [string, Tree] => [
    name,
    treeOf(own, NAMED_DESTINATION.fields, (path) =>
      sourceOf(['destinations', String(index), ...path]),
    ),
  ])
  return withFirstEndpoints({
    options: treeOf(options, OPTIONS.fields, sourceOf),
    named: new Map(named),
    list: destinations?.map((one) => one.name),
    tableOf,
  })
}

/**
 * Variables that contradict other options are ignored, like other invalid ones: everything is read again without them until none is left
 * that does. Contradictions without a variable are mistakes of code or file.
 */
function mergedWithoutConflicts(
  code: Layer,
  file: Layer,
  env: NodeJS.ProcessEnv,
  mistakes: readonly string[],
): Gathered {
  const ignored = new Map<string, Doubt>()
  for (;;) {
    const context = { above: code, below: file, ignored: new Set(ignored.keys()) }
    const read = fromEnvironment(env, context)
    const { layer, doubts } = withEndpoints(withFirstEndpoints(read.layer), file, code)
    const layers = [file, layer, code]
    const merged = bySignal((one) => mergeLayers(layers, one, (key) => ignored.has(key)))
    const options = bySignal((one) => readableOf(merged[one].options))
    const { outside, listed } = merged.traces // the other signals have the same names
    const destinations = [...(outside ? [outside] : []), ...listed].map(({ name }, index) =>
      gathered(
        name,
        bySignal((one) => {
          const { outside: first, listed: others } = merged[one]
          return ([...(first ? [first] : []), ...others][index] as NamedTree).tree
        }),
      ),
    )
    const found = [...conflicts(destinations), ...listConflicts(listed, outside)]
    const contradicting = found.flatMap(fromVariables)
    for (const [key, doubt] of contradicting) ignored.set(key, doubt)
    if (contradicting.length > 0) continue
    const inUrls = problemsInUrls(layers)
    const all: Doubt[] = [...read.doubts, ...doubts, ...inUrls.doubts, ...ignored.values()]
    return {
      options,
      destinations,
      problems: [...mistakes, ...inUrls.problems, ...found.map(({ text }) => text)],
      doubts: [...new Set(all.map((one) => sentenceOf(one, { options, destinations })))],
      warnings: read.warnings,
    }
  }
}

function gathered(name: string, trees: GatheredDestination['trees']): GatheredDestination {
  return {
    name,
    trees,
    unreadable: bySignal((one) => [
      ...new Set(unreadableIn(trees[one]).flatMap((source) => source.name ?? [])),
    ]),
    options: bySignal((one) => completeDestination(name, readableOf(trees[one]))),
  }
}

/** The variables that take part in a conflict, by the key under which they are ignored. */
function fromVariables({ text, between }: Conflict): [key: string, doubt: Doubt][] {
  return between.flatMap(({ option, given: { source } }): [string, Doubt][] => {
    const { layer, name: variable = '' } = source
    if (layer !== 'environment') return []
    const doubt = { variable, problem: `cannot be used: ${text}` }
    return source.isInUrl
      ? [[keyInUrl(variable, option), { ...doubt, consequence: IGNORED_IN_URL }]]
      : [[variable, doubt]]
  })
}

/** Leaves destinations out of the environment's list for which no source gives an endpoint. */
function withEndpoints(environment: Layer, ...others: Layer[]): { layer: Layer; doubts: Doubt[] } {
  const hasEndpoint = (name: string) =>
    [environment, ...others].some(({ named }) => named.get(name)?.['endpoint'] !== undefined)
  const { list } = environment
  const kept = list?.filter(hasEndpoint) ?? []
  const doubts = (list ?? [])
    .filter((name) => !kept.includes(name))
    .map((name) => ({
      variable: `${PREFIX}DESTINATIONS`,
      problem: `names ${name}, but ${PREFIX}${variablePartOf(name)}_ENDPOINT is not set`,
      consequence: `Nothing is sent to ${name}.`,
    }))
  return { layer: { ...environment, list: kept.length > 0 ? kept : undefined }, doubts }
}

function listConflicts(listed: readonly NamedTree[], outside: NamedTree | undefined): Conflict[] {
  const lacking = listed.filter(({ tree }) => tree['endpoint'] === undefined)
  const isTaken = outside && listed.some(({ name }) => name.toLowerCase() === outside.name)
  const texts = [
    ...lacking.map(({ name }) => missingEndpoint(name)),
    ...(isTaken
      ? ['destinations: the name "primary" is used twice: the options outside the list have it']
      : []),
  ]
  return texts.map((text) => ({ text, between: [] }))
}

/** What is wrong with the parameters in the URLs of endpoints. */
function problemsInUrls(layers: readonly Layer[]): { problems: string[]; doubts: Doubt[] } {
  const problems: string[] = []
  const doubts: Doubt[] = []
  for (const { options, named } of layers)
    for (const [name, tree] of [['', options] as const, ...named]) {
      const endpoint = givenAt(tree, ['endpoint'])
      if (!endpoint) continue
      const { layer, name: variable = '' } = endpoint.source
      const at = name === '' ? 'endpoint' : `destinations[${name}].endpoint`
      for (const { problem, stops } of optionsIn(parseEndpoint(String(endpoint.value))).problems) {
        if (layer === 'environment')
          doubts.push({ variable, problem, consequence: IGNORED_IN_URL, stops })
        else problems.push(`${layer === 'file' ? `${variable}: ` : ''}${at}${problem}`)
      }
    }
  return { problems, doubts }
}
