import { diag } from '@opentelemetry/api'
import { warnEverybody } from '../telemetry/visible-warning.js'

/** A line for the operator: in the log, and on stderr unless `isVisible` is false. */
export function warn(text: string, isVisible: boolean): void {
  try {
    diag.warn(`spanhouse: ${text}`)
  } catch {} // the application's logger may throw
  if (isVisible) warnEverybody('SPANHOUSE_BACKENDS', text, text)
}
