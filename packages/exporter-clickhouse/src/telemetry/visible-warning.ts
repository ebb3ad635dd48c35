// One set for the whole process, shared by all versions of this package that it has loaded: each subject is warned about once.
const KEY = Symbol.for('spanhouse.exporter-clickhouse.warned')
// More than a configuration has. A program that creates exporters without end must not fill stderr or memory.
const MAX_SUBJECTS = 100

/** The operator wants no lines on stderr. For warnings that belong to no configuration; the others follow that. */
export function isSilenced(): boolean {
  return /^false$/i.test(process.env['OTEL_EXPORTER_CLICKHOUSE_WARNINGS'] ?? '')
}

/** Prints a line while the process ends: `emitWarning` would print it one turn of the event loop later, and there is none. */
export function warnAtExit(code: string, text: string): void {
  try {
    process.emit('warning', Object.assign(new Error(text), { name: 'SpanhouseWarning', code }))
  } catch {} // a listener of the application
}

/**
 * Prints a line on stderr, so that a wrong configuration is noticed even if `diag` has no logger. It prints once for each subject in a
 * process. Node's own switches (`--no-warnings`, a 'warning' listener) apply.
 */
export function warnEverybody(code: string, subject: string, text: string): void {
  const shared = globalThis as { [KEY]?: Set<string> }
  const warned = shared[KEY] ?? new Set()
  shared[KEY] = warned
  if (warned.has(subject) || warned.size >= MAX_SUBJECTS) return
  warned.add(subject)
  try {
    process.emitWarning(text, { type: 'SpanhouseWarning', code })
  } catch {
    // The application may have replaced `emitWarning`. Deliveries must go on if it throws.
  }
}
