import { diag } from '@opentelemetry/api'
import { warnEverybody } from '../telemetry/visible-warning.js'

/** A line for the operator: visible on stderr, and in the log. */
export function warn(text: string): void {
  try {
    diag.warn(`spanhouse: ${text}`)
  } catch {} // the application's logger may throw
  warnEverybody('SPANHOUSE_BACKENDS', text, text)
}
