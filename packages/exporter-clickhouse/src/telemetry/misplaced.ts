import { diag } from '@opentelemetry/api'
import { isSilenced, warnEverybody } from './visible-warning.js'

type Failed = (result: { code: 1; error: Error }) => void

// Each mistake is reported once in a process, not at every record.
const reported = new Set<string>()

function report(text: string): void {
  if (reported.has(text)) return
  reported.add(text)
  if (!isSilenced()) warnEverybody('SPANHOUSE_MISPLACED', text, text)
  try {
    diag.error(`spanhouse: ${text}`)
  } catch {}
}

/**
 * Defines methods that an SDK calls on an object that was passed to it for something else. They report the mistake once. Without them
 * every record of the application would fail with "onStart is not a function". They are not part of the class, because then an
 * exporter would type-check as a processor. `next` are functions that the SDK needs from then on.
 */
export function explainMisplaced(
  object: object,
  methods: readonly string[],
  text: string,
  next: Readonly<Record<string, () => unknown>> = {},
): void {
  for (const name of methods)
    define(object, name, function (this: object) {
      for (const [key, value] of Object.entries(next)) define(this, key, value)
      report(text)
    })
}

/** The same for a processor that was passed to a processor of the SDK as an exporter: each export fails with the explanation. */
export function explainAsExporter(processor: object, text: string): void {
  define(processor, 'export', (_: unknown, resultCallback: Failed) => {
    report(text)
    resultCallback({ code: 1, error: new Error(`spanhouse: ${text}`) })
  })
}

function define(on: object, name: string, value: unknown): void {
  Object.defineProperty(on, name, { value, configurable: true, writable: true })
}
