import { diag } from '@opentelemetry/api'
import { warnEverybody } from '../telemetry/visible-warning.js'

/** A line for the operator: in the log, and on stderr unless `isVisible` is false. On stderr there is one line about each subject. */
export function warn(text: string, isVisible: boolean, subject: string = text): void {
  try {
    diag.warn(`spanhouse: ${text}`)
  } catch {} // the application's logger may throw
  if (isVisible) warnEverybody('SPANHOUSE_BACKENDS', subject, text)
}
