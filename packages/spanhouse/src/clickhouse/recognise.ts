import type { ServerColumn, SpanTable } from '@spanhouse/queries'

// Stands here until `@spanhouse/queries` has its own: it knows no field.
export function recogniseSpanTable(
  { database, table }: { readonly database: string; readonly table: string },
  columns: readonly ServerColumn[],
): SpanTable | undefined {
  const names = new Set(columns.map(({ name }) => name))
  const family = names.has('span_id') ? 'flat' : names.has('SpanId') ? 'otel' : undefined
  const fields = {} as SpanTable['fields']
  return family && { database, table, family, fields, missing: [] }
}
