import {
  type MetricPointLike,
  metricPoints,
  newTally,
  type ResourceMetricsLike,
} from '@spanhouse/transform'
import type { Stats } from '../accounting/stats.js'
import { within } from '../common/deadline.js'
import type { Config } from '../config/config.js'
import { asCollection, isOfCollection } from '../lifetime/collection.js'
import { type ExportResult, exportsOf } from '../pipeline/exports.js'
import { Pipeline } from '../pipeline/pipeline.js'

// AggregationTemporality of @opentelemetry/sdk-metrics. A test compares them with versions 2 and 3.
const DELTA = 0
const CUMULATIVE = 1

/** An exporter of metrics, which flattens them into data points. */
export interface PointExporter {
  export(metrics: ResourceMetricsLike, resultCallback: (result: ExportResult) => void): void
  selectAggregationTemporality(instrumentType: string): 0 | 1
  forceFlush(options?: { timeoutMs?: number }): Promise<void>
  shutdown(): Promise<void>
  stats(): Stats
}

interface Ways {
  /** Begins the line that says at the start what is configured. */
  readonly lead?: string
  /** Makes the reader collect and export once more. */
  readonly collect: () => Promise<unknown>
}

export function openPointExporter(
  config: Config<MetricPointLike>,
  { lead = '', collect }: Ways,
): PointExporter {
  let collections = 0
  const pipeline = new Pipeline(config, {
    lead,
    async collect() {
      collections++
      try {
        // It may hang. A counter that stays up would turn every later flush off.
        await asCollection(() => within(config.flushTimeoutMs, collect, { ref: false }))
      } finally {
        collections--
      }
    },
  })
  // A collection at the end only brings the points in. The flush that follows it waits for the server, not the reader. Everybody else who
  // exports or flushes meanwhile waits as usual.
  const isCollected = () => collections > 0 && isOfCollection()
  const exportPoints = exportsOf<MetricPointLike>(
    {
      get closed() {
        return pipeline.closed
      },
      async export(points) {
        if (!isCollected()) return pipeline.export(points)
        for (const point of points) pipeline.accept(point)
        return true
      },
    },
    'metrics',
  )
  return {
    export(metrics, resultCallback) {
      const tally = newTally()
      const points = metricPoints(metrics, tally)
      if (!pipeline.closed) pipeline.refuse(tally.droppedPoints, 'encode_error')
      exportPoints(points, resultCallback)
    },
    selectAggregationTemporality: (instrumentType) =>
      config.temporality === 'delta' && !instrumentType.includes('UP_DOWN') ? DELTA : CUMULATIVE,
    forceFlush: async ({ timeoutMs } = {}) => {
      if (!isCollected()) await pipeline.flush(timeoutMs)
    },
    shutdown: () => pipeline.shutdown(),
    stats: () => pipeline.stats(),
  }
}
