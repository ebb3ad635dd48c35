// Shared by every copy of this module (ESM and CJS may both be loaded).
const KEY = Symbol.for('spanhouse.exporter-clickhouse.warned')
// Destinations come from configuration: so many are a program that makes exporters without end.
const MAX_SUBJECTS = 100

/**
 * A line on stderr for those who gave `diag` no logger, so that a set-up that cannot work is not silent. One a subject and
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
    // An application that replaced it must not lose a delivery by that.
  }
}
