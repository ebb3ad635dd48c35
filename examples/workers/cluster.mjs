import cluster from 'node:cluster'
import { trace } from '@opentelemetry/api'
import './telemetry.mjs'

const span = trace
  .getTracer('thumbnails')
  .startSpan(cluster.isPrimary ? 'start processes' : 'resize')

if (cluster.isPrimary) {
  for (let n = 0; n < 2; n++) cluster.fork()
} else {
  // The connection to the primary would keep this process up.
  cluster.worker.disconnect()
}

span.end()
