import type { SampleConfig, SampleRule } from '../config/routing-options.js'
import { matcher } from './pattern.js'
import { type AnyRecord, attributeOf, nameOf } from './reading.js'

const WORDS = 4

/**
 * Whether a trace is among those that a rate keeps: the arithmetic of the SDK's TraceIdRatioBasedSampler, so that every process,
 * service and sampler with the same rate keeps the same traces, and those that a lower rate keeps are among those of a higher one.
 */
export function isChosen(traceId: string, rate: number): boolean {
  let mixed = 0
  for (let word = 0; word < WORDS; word++)
    mixed = (mixed ^ Number.parseInt(traceId.slice(word * 8, word * 8 + 8), 16)) >>> 0
  return rate >= 1 || mixed < Math.floor(rate * 0xffffffff)
}

/** The rates that the spans of one service may have. */
export interface Rates {
  readonly lowest: number
  readonly highest: number
  /** The rate of a trace whose first span is not known. */
  readonly usual: number
  /** The rate of the trace with this first span. */
  of(root: AnyRecord): number
}

const MAX_SERVICES = 100

/** What the rules say about a service, remembered for each. */
export function ratesByService({ rate, rules }: SampleConfig): (service: string) => Rates {
  const compiled = rules.map(compile)
  const known = new Map<string, Rates>()
  return (service) => {
    const before = known.get(service)
    if (before) return before
    if (known.size >= MAX_SERVICES) known.clear()
    const rates = ratesOf(service, compiled, rate)
    known.set(service, rates)
    return rates
  }
}

interface Compiled {
  readonly rate: number
  /** It says nothing about the first span, so it decides for all traces of its services. */
  readonly isOfService: boolean
  fitsService(service: string): boolean
  fitsRoot(root: AnyRecord): boolean
}

function compile({ service = '*', route, name, rate }: SampleRule): Compiled {
  const fitsRoute = route === undefined ? undefined : matcher(route)
  const fitsName = name === undefined ? undefined : matcher(name)
  return {
    rate,
    isOfService: route === undefined && name === undefined,
    fitsService: matcher(service),
    fitsRoot: (root) =>
      (fitsRoute?.(attributeOf(root, 'http.route') ?? '') ?? true) &&
      (fitsName?.(nameOf(root, 'traces') ?? '') ?? true),
  }
}

function ratesOf(service: string, all: readonly Compiled[], rate: number): Rates {
  const fitting = all.filter((one) => one.fitsService(service))
  const end = fitting.findIndex((one) => one.isOfService)
  const usual = fitting[end]?.rate ?? rate
  const ofRoots = end < 0 ? fitting : fitting.slice(0, end)
  const rates = [usual, ...ofRoots.map((one) => one.rate)]
  return {
    lowest: Math.min(...rates),
    highest: Math.max(...rates),
    usual,
    of: (root) => ofRoots.find((one) => one.fitsRoot(root))?.rate ?? usual,
  }
}
