import { DiagLogLevel, diag } from '@opentelemetry/api'
import { onTestFinished } from 'vitest'

/** The lines that go through `diag` until the test has ended: from warnings on, unless another level is given. */
export function diagLines(logLevel: DiagLogLevel = DiagLogLevel.WARN): string[] {
  const lines: string[] = []
  const say = (...words: unknown[]) => void lines.push(words.map(String).join(' '))
  const logger = { error: say, warn: say, info: say, debug: say, verbose: say }
  diag.setLogger(logger, { logLevel, suppressOverrideMessage: true })
  onTestFinished(() => diag.disable())
  return lines
}
