import { DiagLogLevel, diag } from '@opentelemetry/api'
import { oneLine } from '#exporter'
import type { Output } from '../terminal/output.js'

/** Writes the warnings and errors of the exporter's engine to `err`, one line each. Returns what ends that. */
export function logTo(err: Output): () => void {
  const say = (text: string) => err.write(`${oneLine(text)}\n`)
  const silent = () => {}
  diag.setLogger(
    { error: say, warn: say, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
  return () => diag.disable()
}
