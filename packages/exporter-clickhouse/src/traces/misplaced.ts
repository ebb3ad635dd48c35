import { diag } from '@opentelemetry/api'
import { warnEverybody } from '../telemetry/visible-warning.js'

type Failed = (result: { code: 1; error: Error }) => void

// Each mistake is reported once in a process, not at every span.
const reported = new Set<string>()

function report(text: string): void {
  if (reported.has(text)) return
  reported.add(text)
  warnEverybody('SPANHOUSE_MISPLACED', text, text)
  try {
    diag.error(`spanhouse: ${text}`)
  } catch {}
}

/**
 * Defines the methods that an SDK calls on an exporter that was passed as a processor. They report the mistake once. Without them every
 * span of the application would fail with "onStart is not a function". They are not part of the class, because then an exporter would
 * type-check as a processor.
 */
export function explainAsProcessor(exporter: object): void {
  const explain = () =>
    report(
      'a ClickHouseSpanExporter was passed as a span processor, so no span is exported. Pass a ClickHouseSpanProcessor instead, or new BatchSpanProcessor(exporter).',
    )
  define(exporter, { onStart: explain, onEnd: explain })
}

/** The reverse: defines the method that a BatchSpanProcessor calls on a processor that was passed to it as an exporter. */
export function explainAsExporter(processor: object): void {
  const text =
    'a ClickHouseSpanProcessor was passed as a span exporter, so no span is exported. Pass it to the tracer provider (spanProcessors: [processor]), or use a ClickHouseSpanExporter.'
  define(processor, {
    export: (_: unknown, resultCallback: Failed) => {
      report(text)
      resultCallback({ code: 1, error: new Error(`spanhouse: ${text}`) })
    },
  })
}

function define(on: object, methods: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(methods))
    Object.defineProperty(on, name, { value, configurable: true, writable: true })
}
