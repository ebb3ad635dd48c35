import type { Signal, Target } from './config.js'
import { type Conflict, type Part, partsOf, placeOf } from './conflict.js'
import { type GatheredDestination, takes } from './gathered.js'
import { Given, type Tree } from './given.js'
import { show } from './option-problems.js'
import { SIGNALS } from './signal.js'
import { isOfFive, METRIC_TABLES, targetsOf } from './targets.js'

/** Tables that are named in vain, or that would get rows of two kinds. */
export function tableConflicts(destination: GatheredDestination): Conflict[] {
  const { name, trees, options } = destination
  const at = placeOf(name)
  const taken = SIGNALS.filter((signal) => takes(destination, signal))
  const found: Conflict[] = []
  const conflict = (text: string, ...signals: Signal[]) => {
    const parts = (...paths: string[]) => signals.flatMap((one) => partsFor(one, trees, paths))
    const names = parts('table', 'tables')
    // If a variable decides it, but none names a table, it is one that moves or shapes all of them.
    const isOfVariable = names.some(({ given }) => given.source.layer === 'environment')
    found.push({
      text: `${at}${text}`,
      between: isOfVariable ? names : [...names, ...parts('database', 'schema')],
    })
  }
  if (taken.includes('metrics')) {
    const isFive = isOfFive(options.metrics)
    const { table, tables } = trees.metrics
    if (isFive && table)
      conflict(
        `metrics.table: the schema \`${String(options.metrics.schema)}\` has five tables for metrics: name them in \`metrics.tables\``,
        'metrics',
      )
    else if (!isFive && tables)
      conflict(
        'metrics.tables is for the schema `otel` alone: name the table in `metrics.table`',
        'metrics',
      )
    if (!isFive && trees.metrics['ttls'])
      found.push({
        text: `${at}metrics.ttls is for the schema \`otel\` alone: write metrics.ttl`,
        between: partsFor('metrics', trees, ['ttls']),
      })
  }
  // A promoted attribute may have a name that is taken, or a type that cannot be written.
  const isSound = (signal: Signal): boolean => {
    try {
      return targetsOf(options[signal], signal).length > 0
    } catch (error) {
      const { message } = error as Error
      const hint = message.startsWith('two columns')
        ? ': leave it out, or name its column, { attribute, column }'
        : ''
      const text = `${at}promote: ${message}${hint} (${signal})`
      found.push({ text, between: partsFor(signal, trees, ['promote', 'schema']) })
      return false
    }
  }
  // Spans may have a table that is called `logs`, in a process that sends no logs. Whoever sends them names one of the two tables.
  const named = taken
    .filter(isSound)
    .filter((signal) => signal === 'traces' || isNamed(trees[signal]))
  const rows = named.flatMap((signal) =>
    targetsOf(options[signal], signal).map((target: Target, index, { length }) => ({
      signal,
      target,
      shown: length > 1 ? `metrics.tables.${METRIC_TABLES[index]}` : signal,
    })),
  )
  for (const [index, { signal, target, shown }] of rows.entries())
    for (const other of rows.slice(index + 1)) {
      const { database, table, schema } = other.target
      if (database !== target.database || table !== target.table || schema === target.schema)
        continue
      const way = signal === other.signal ? '' : ', or leave one out of `signals`'
      conflict(
        `${shown} and ${other.shown} have the same table, ${show(table)}: give each a table of its own${way}`,
        ...new Set([signal, other.signal]),
      )
    }
  return found
}

function isNamed({ table, tables, schema }: Tree): boolean {
  const isOwn = schema instanceof Given && typeof schema.value === 'object'
  return table !== undefined || tables !== undefined || isOwn
}

function partsFor(
  signal: Signal,
  trees: GatheredDestination['trees'],
  paths: readonly string[],
): Part[] {
  return paths
    .flatMap((path) => partsOf(trees[signal], path))
    .flatMap((part) => [part, { ...part, option: signal }]) // where it stands in a URL: beside the groups, or in one
}
