// Every option; those of a destination are in `shared-option-table.ts`. A new one is an entry here or there, and a type and docstring in
// `options.ts`, `shared-options.ts` or `signal-options.ts`. Reading, checks, hints, masking, merging, defaults and environment variables
// follow from the entry. Only the docstring says what an option does: texts here would be loaded by every application and make the
// package 2 kB larger. A test compares the units and defaults in the docstrings with those of the entries.
import {
  bytes,
  choice,
  custom,
  FLAG,
  FUNCTION,
  type Group,
  group,
  list,
  milliseconds,
  type Option,
  text,
  textOrEmpty,
  whole,
} from './option.js'
import { destinationNameProblem, hasMethod } from './option-rules.js'
import type { DestinationOptions, NamedDestinationOptions, Options } from './options.js'
import { SHARED } from './shared-option-table.js'
import type {
  AllMetricsOptions,
  MetricsOptions,
  SampledSignalOptions,
  SignalOptions,
} from './signal-options.js'

const MiB = 1024 * 1024

/** The shared options that a signal may have for itself. */
const OF_SIGNAL = [
  'database',
  'table',
  'schema',
  'promote',
  'keepPromoted',
  'ttl',
  'retention',
  'batch',
  'queue',
  'asyncInsert',
  'filter',
  'redact',
  'dispatch',
] as const satisfies readonly (keyof SignalOptions<never>)[]

const ofSignal: Record<keyof SignalOptions<never>, Option> = withoutDefaults(picked(OF_SIGNAL))

const ofSampledSignal: Record<keyof SampledSignalOptions<never>, Option> = {
  ...ofSignal,
  ...withoutDefaults(picked(['sample'])),
}

const { table, ttl } = SHARED
const ofMetrics: Record<keyof MetricsOptions, Option> = {
  ...ofSignal,
  tables: {
    type: group({
      gauge: table,
      sum: table,
      histogram: table,
      exponentialHistogram: table,
      summary: table,
    }),
  },
  ttls: {
    type: {
      ...group({ gauge: ttl, sum: ttl, histogram: ttl, exponentialHistogram: ttl, summary: ttl }),
      isOffByDefault: true,
    },
  },
}

const ofAllMetrics: Record<keyof AllMetricsOptions, Option> = {
  ...ofMetrics,
  temporality: {
    type: choice('cumulative', 'delta'),
    default: 'cumulative',
    environment: 'TEMPORALITY_PREFERENCE',
  },
}

const destination: Record<keyof DestinationOptions, Option> = {
  ...SHARED,
  traces: { type: group(ofSampledSignal) },
  logs: { type: group(ofSampledSignal) },
  metrics: { type: group(ofMetrics) },
}

const namedDestination: Record<keyof NamedDestinationOptions, Option> = {
  ...destination,
  name: { type: textOrEmpty(destinationNameProblem) },
}

export const NAMED_DESTINATION: Group = { ...group(namedDestination), required: ['name'] }

const all: Record<keyof Options, Option> = {
  ...destination,
  metrics: { type: group(ofAllMetrics) },
  destinations: { type: list(NAMED_DESTINATION, 16) },
  acknowledge: { type: choice('delivered', 'accepted'), default: 'delivered' },
  flushOnSignal: { type: FLAG, default: false },
  onDrop: { type: FUNCTION },
  meterProvider: {
    type: custom('must be a MeterProvider', (value) => hasMethod(value, 'getMeter')),
  },
  flushTimeoutMs: { type: milliseconds(1), default: 10_000 },
  shutdownTimeoutMs: { type: milliseconds(1), default: 10_000 },
  limits: {
    type: group({
      attributeValueLength: { type: whole(1) },
      attributeCount: { type: whole(0) },
      eventCount: { type: whole(0) },
      linkCount: { type: whole(0) },
      rowBytes: { type: bytes(1), default: 8 * MiB },
    }),
  },
}

export const OPTIONS: Group = group(all)

/** What only the environment can set, or writes in its own way: `destinations` is a list of names. */
export const ENVIRONMENT_ONLY: Group = group({
  warnings: { type: FLAG, default: true },
  configFile: { type: text() },
  destinations: { type: text() },
})

function picked<Name extends keyof typeof SHARED>(names: readonly Name[]): Record<Name, Option> {
  return Object.fromEntries(names.map((name) => [name, SHARED[name]])) as Record<Name, Option>
}

/** The options of a group that overrides others: what it does not give is theirs, and not the default. */
function withoutDefaults<Names extends string>(
  fields: Readonly<Record<Names, Option>>,
): Record<Names, Option> {
  const entries = Object.entries<Option>(fields).map(([name, { default: _, ...option }]) => {
    const { type } = option
    const isGroup = type.kind === 'group'
    return [
      name,
      isGroup ? { ...option, type: { ...type, fields: withoutDefaults(type.fields) } } : option,
    ]
  })
  return Object.fromEntries(entries)
}
