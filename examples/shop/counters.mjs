// Counts beside the exporters, not through them: what was made must not depend on what is checked.
import { TraceFlags } from '@opentelemetry/api'

/** A span processor. */
export const spanCounter = {
  made: 0,
  open: 0,
  onStart() {
    spanCounter.open++
  },
  onEnd(span) {
    spanCounter.open--
    if (span.spanContext().traceFlags & TraceFlags.SAMPLED) spanCounter.made++
  },
  async forceFlush() {},
  async shutdown() {},
}

/** A log record processor. Its records get an id, because two of them may be equal in everything else. */
export const recordCounter = {
  made: 0,
  onEmit(record) {
    recordCounter.made++
    record.setAttribute('log.record.uid', `${process.pid}-${recordCounter.made}`)
  },
  async forceFlush() {},
  async shutdown() {},
}

/** A metric exporter around another one. */
export function countingPoints(exporter) {
  let isOver = false
  const counter = {
    made: 0,
    export(metrics, done) {
      if (isOver) return done({ code: 0 })
      for (const { metrics: list } of metrics.scopeMetrics)
        for (const { dataPoints } of list) counter.made += dataPoints.length
      exporter.export(metrics, done)
    },
    /** From now on nothing is exported: each collection would make new points, and there would never be an end. */
    stop() {
      isOver = true
    },
    selectAggregationTemporality: (type) => exporter.selectAggregationTemporality(type),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  }
  return counter
}
