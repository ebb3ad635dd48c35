import { DiagLogLevel, diag } from '@opentelemetry/api'
import { onTestFinished } from 'vitest'

/** The lines that go through `diag` until the test has ended. */
export function diagLines(logLevel: DiagLogLevel = DiagLogLevel.INFO): string[] {
  const lines: string[] = []
  const say = (...words: unknown[]) => void lines.push(words.map(String).join(' '))
  const logger = { error: say, warn: say, info: say, debug: say, verbose: say }
  diag.setLogger(logger, { logLevel, suppressOverrideMessage: true })
  onTestFinished(() => diag.disable())
  return lines
}
