import { diag } from '@opentelemetry/api'

export type Logger = Readonly<Record<'debug' | 'warn' | 'error', (line: string) => void>>

/** A logger of the application that throws must not stop a delivery. */
export function guardedLogger(): Logger {
  const log = diag.createComponentLogger({ namespace: '@spanhouse/exporter-clickhouse' })
  const guarded = (level: 'debug' | 'warn' | 'error') => (line: string) => {
    try {
      log[level](line)
    } catch {}
  }
  return { debug: guarded('debug'), warn: guarded('warn'), error: guarded('error') }
}
