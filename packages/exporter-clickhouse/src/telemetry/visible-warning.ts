// Shared by every version of this package that the process has loaded.
const KEY = Symbol.for('spanhouse.exporter-clickhouse.warned')
// More than a configuration has: a program that creates exporters without end must not fill stderr, or memory.
const MAX_SUBJECTS = 100

/**
 * Prints a line on stderr, so that a set-up that cannot work is noticed even if `diag` has no logger. Once for each subject in a
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
    // The application may have replaced emitWarning: if it throws, deliveries must go on.
  }
}
