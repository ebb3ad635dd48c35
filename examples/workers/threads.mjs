import { isMainThread, threadId, Worker } from 'node:worker_threads'
import { trace } from '@opentelemetry/api'
import './telemetry.mjs'

const span = trace.getTracer('thumbnails').startSpan(isMainThread ? 'start threads' : 'resize')
span.setAttribute('thread.id', threadId)

if (isMainThread) {
  for (let n = 0; n < 2; n++) new Worker(new URL(import.meta.url))
}

span.end()
