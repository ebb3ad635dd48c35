import type { DiagAPI } from '@opentelemetry/api'
import { isSilenced } from '../telemetry/visible-warning.js'

const NAME = '@spanhouse/exporter-clickhouse/register'
let diag: DiagAPI | undefined

/** From now on, lines also go to the application's diagnostics. */
export function useDiag(api: DiagAPI | undefined): void {
  diag = api
}

/**
 * Prints a line on stderr, so that it is seen even if `diag` has no logger. OTEL_EXPORTER_CLICKHOUSE_WARNINGS=false
 * and Node's own switches (`--no-warnings`) silence it.
 */
export function say(code: string, text: string): void {
  const line = `${NAME} ${text}`
  try {
    if (!isSilenced())
      process.emitWarning(line, { type: 'SpanhouseWarning', code: `SPANHOUSE_REGISTER_${code}` })
    diag?.warn(`spanhouse: ${line}`)
  } catch {
    // The application may have replaced either. It must start all the same.
  }
}

/** Logs a line that is seen only with OTEL_LOG_LEVEL. */
export function tell(text: string, level: 'debug' | 'info' = 'debug'): void {
  diag?.[level](`spanhouse: ${NAME} ${text}`)
}

/** The message of an error. That of a missing module continues with a list of files, which is left out. */
export function whyOf(error: unknown): string {
  const { message = String(error), code } = (error ?? {}) as { message?: string; code?: string }
  return code === 'MODULE_NOT_FOUND' ? (message.split('\n', 1)[0] ?? '') : message
}
