// What the three services have in common: an express app, spans and log lines of their own, and the demo's questions.
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { SpanStatusCode, trace } from '@opentelemetry/api'
import { logs, SeverityNumber } from '@opentelemetry/api-logs'
import { recordCounter, spanCounter } from './counters.mjs'
import { pointCounter, points, providers, records, spans } from './telemetry.mjs'

// Instrumentations see `require` on every version of Node.js; to see `import` they need a loader hook.
export const express = createRequire(import.meta.url)('express')

const tracer = trace.getTracer('shop', '1.4.0')
const logger = logs.getLogger('shop', '1.4.0')

/** Writes a line. Its trace is that of the span that is active. */
export function log(severityText, body, attributes = {}) {
  logger.emit({ severityNumber: SeverityNumber[severityText], severityText, body, attributes })
}

/** Runs `work` in a new span; an error of `work` is recorded there. */
export function inSpan(name, options, work) {
  return tracer.startActiveSpan(name, options, async (span) => {
    try {
      return await work(span)
    } catch (error) {
      recordError(span, error)
      throw error
    } finally {
      span.end()
    }
  })
}

/** A failure that the demo simulates. The answer says so, and the demo counts it separately from real ones. */
export class SimulatedFailure extends Error {
  name = 'SimulatedFailure'
  constructor(message, httpStatus) {
    super(message)
    this.httpStatus = httpStatus
    this.simulated = message
  }
}

export function serve(app) {
  app.use((error, _request, response, _next) => {
    const status = error.httpStatus ?? 500
    log(status >= 500 ? 'ERROR' : 'WARN', error.message, { 'http.response.status_code': status })
    // A 4xx is an answer, not a failure of this service.
    if (status >= 500) recordError(trace.getActiveSpan(), error)
    response.status(status).json({ error: error.message, simulated: error.simulated })
  })
  const server = app.listen(0, '127.0.0.1')
  const listening = once(server, 'listening')
  const answers = {
    url: () => listening.then(() => `http://127.0.0.1:${server.address().port}`),
    figures: () => ({
      open: spanCounter.open,
      traces: { made: spanCounter.made, destinations: spans.stats().destinations },
      logs: { made: recordCounter.made, destinations: records.stats().destinations },
      metrics: { made: pointCounter.made, destinations: points.stats().destinations },
    }),
    flush: () => all((provider) => provider.forceFlush()),
    /** The last metrics are collected and sent. */
    finish: () => all((provider) => provider.forceFlush()).finally(pointCounter.stop),
    shutdown: () => all((provider) => provider.shutdown()),
  }
  process.on('message', async ({ id, question }) => {
    try {
      process.send({ id, answer: await answers[question]() })
    } catch (error) {
      process.send({ id, error: String(error) })
    }
  })
}

const all = (work) => Promise.all(providers.map(work))

function recordError(span, error) {
  span.recordException(error)
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
}

// A terminal sends Ctrl-C to every process of the demo; the services end when the demo tells them to, or when it has ended.
process.on('SIGINT', () => {})
process.on('disconnect', () => process.exit())
if (!process.connected) process.exit()
