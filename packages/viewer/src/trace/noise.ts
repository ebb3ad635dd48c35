import type { Trace, TraceSpan } from '@spanhouse/queries'
import { HIDDEN, ON_THE_WAY, SHOWN } from './folds.js'
import type { Tree } from './nodes.js'

/** Spans to leave out of the waterfall. A failed span is never noise. */
export interface Noise {
  /** Spans of the kind internal: middlewares, functions. */
  readonly internal: boolean
  /** Spans that are shorter than this; 0 for none. */
  readonly shorterNs: number
  /** The instrumentations (scopes) whose spans are left out. */
  readonly scopes: readonly string[]
}

export const NO_NOISE: Noise = { internal: false, shorterNs: 0, scopes: [] }

export function isNoise({ row }: TraceSpan, noise: Noise): boolean {
  if (row.status === 'error') return false
  return (
    (noise.internal && row.kind === 'internal') ||
    row.duration_ns < noise.shorterNs ||
    noise.scopes.includes(row.scope_name)
  )
}

export interface Filtered {
  /** What is left of each node: `HIDDEN`, `SHOWN` or `ON_THE_WAY`. */
  readonly kept: Uint8Array
  readonly hiddenSpans: number
}

/** Leaves out the noise, but not what has something else below it: the tree stays as it is. */
export function withoutNoise(tree: Tree, noise: Noise): Filtered | undefined {
  if (noiseText(noise) === '') return undefined
  const kept = new Uint8Array(tree.nodes.length)
  let hiddenSpans = 0
  for (let i = tree.nodes.length - 1; i >= 0; i--) {
    const node = tree.nodes[i]
    if (!node) continue
    if (node.kind === 'span' && !isNoise(node.span, noise)) kept[i] = SHOWN
    // Without one of its spans a group would stand for nothing; a missing parent for no orphan.
    if (node.kind !== 'span' && kept[i] === ON_THE_WAY) kept[i] = SHOWN
    if (node.kind === 'span' && kept[i] === HIDDEN) hiddenSpans++
    if (kept[i] !== HIDDEN && node.parent >= 0 && kept[node.parent] === HIDDEN)
      kept[node.parent] = ON_THE_WAY
  }
  return { kept, hiddenSpans }
}

/** For the address: `internal,shorter:1000000,scope:…`. Empty if there is no noise. */
export function noiseText({ internal, shorterNs, scopes }: Noise): string {
  return [
    ...(internal ? ['internal'] : []),
    ...(shorterNs > 0 ? [`shorter:${shorterNs}`] : []),
    ...scopes.map((scope) => `scope:${encodeURIComponent(scope)}`),
  ].join(',')
}

/** Words that it does not know are left out. */
export function parseNoise(text: string): Noise {
  const noise = { internal: false, shorterNs: 0, scopes: [] as string[] }
  for (const word of text.split(',')) {
    const [name, value = ''] = word.split(':', 2)
    if (name === 'internal') noise.internal = true
    if (name === 'shorter' && /^\d{1,15}$/.test(value)) noise.shorterNs = Number(value)
    if (name === 'scope') noise.scopes.push(decoded(value))
  }
  return noise
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The scopes of a trace with their number of spans, the most frequent first. */
export function scopesOf(trace: Trace): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>()
  for (const { row } of trace.spans)
    counts.set(row.scope_name, (counts.get(row.scope_name) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1])
}
