import type { Declaration } from './parse-line.js'
import type { Metric } from './record.js'

/** A script has dozens of metrics. Beyond this many their descriptions are not kept. */
const MOST = 10_000

/** The metrics that a stream has described so far. */
export interface Metrics {
  describe(declaration: Declaration): void
  /** Without a type if the stream has said nothing about it. */
  named(name: string): Metric
}

export function newMetrics(): Metrics {
  const known = new Map<string, Metric>()
  const keep = (metric: Metric): Metric => {
    if (known.size < MOST || known.has(metric.name)) known.set(metric.name, metric)
    return metric
  }
  return {
    describe: ({ metric }) => void keep(metric),
    named: (name) => known.get(name) ?? keep({ name, type: '', contains: '' }),
  }
}
