import { diag } from '@opentelemetry/api'
import { warnEverybody } from '../telemetry/visible-warning.js'

type Failed = (result: { code: 1; error: Error }) => void

const said = new Set<string>()

function say(text: string): void {
  if (said.has(text)) return
  said.add(text)
  warnEverybody('SPANHOUSE_MISPLACED', text, text)
  try {
    diag.error(`spanhouse: ${text}`)
  } catch {}
}

/**
 * The methods that an SDK calls on an exporter that was passed as a processor. They report the mistake once; without them every span
 * of the application would fail with "onStart is not a function". They are not in the class, because with them in its type an
 * exporter would type-check as a processor.
 */
export function explainAsProcessor(exporter: object): void {
  const explain = () =>
    say(
      'a ClickHouseSpanExporter stands where a span processor belongs, so no span is exported. Put a ClickHouseSpanProcessor there, or new BatchSpanProcessor(exporter).',
    )
  define(exporter, { onStart: explain, onEnd: explain })
}

/** The reverse: the method that a BatchSpanProcessor calls on a processor that was passed to it as its exporter. */
export function explainAsExporter(processor: object): void {
  const text =
    'a ClickHouseSpanProcessor stands where a span exporter belongs, so no span is exported. Give it to the tracer provider itself (spanProcessors: [processor]), or use a ClickHouseSpanExporter.'
  define(processor, {
    export: (_: unknown, resultCallback: Failed) => {
      say(text)
      resultCallback({ code: 1, error: new Error(`spanhouse: ${text}`) })
    },
  })
}

function define(on: object, methods: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(methods))
    Object.defineProperty(on, name, { value, configurable: true, writable: true })
}
