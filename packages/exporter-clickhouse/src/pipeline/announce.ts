import { diag } from '@opentelemetry/api'
import type { Config } from '../config/config.js'
import { warnEverybody } from '../telemetry/visible-warning.js'

/** Says at the start what is configured, and which variables cannot be used. */
export function announce({ summary, doubts, warnings }: Config<never>, lead: string): void {
  try {
    diag.info(`spanhouse: ${lead}${summary}`)
  } catch {} // the application's logger may throw
  for (const doubt of doubts) {
    try {
      diag.warn(`spanhouse: ${doubt}`)
    } catch {} // the application's logger may throw
    if (warnings) warnEverybody('SPANHOUSE_ENVIRONMENT', doubt, doubt)
  }
}
