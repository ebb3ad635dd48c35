/** The sets of tables that `--schema` names, as the option `schema` of the exporter does. */
export const SCHEMAS = ['flat', 'otel', 'otel_json'] as const

export type Schema = (typeof SCHEMAS)[number]
