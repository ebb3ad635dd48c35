export const PREFIX = 'OTEL_EXPORTER_CLICKHOUSE_'

/** A password. It must be in no line. */
export const SECRET = 'canary-5ecret'

/** Variables of ours, written without the common beginning of their names. */
export function own(variables: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [`${PREFIX}${name}`, value]),
  )
}
