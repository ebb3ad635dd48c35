import { DiagLogLevel, diag } from '@opentelemetry/api'
import { harmless } from '@spanhouse/queries'
import type { Output } from '../terminal/output.js'

const MAX_TEXT = 1000

/** Writes the warnings and errors of the exporter's engine to `err`, one line each. Returns a function that stops it. */
export function logTo(err: Output): () => void {
  // A component of OpenTelemetry gives its name first.
  const say = (first: string, second?: unknown) => {
    const text = harmless(typeof second === 'string' ? second : first, MAX_TEXT)
    err.write(`spanhouse: ${text.replaceAll(/\s+/g, ' ').replace(/^spanhouse: /, '')}\n`)
  }
  const silent = () => {}
  diag.setLogger(
    { error: say, warn: say, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
  return () => diag.disable()
}
