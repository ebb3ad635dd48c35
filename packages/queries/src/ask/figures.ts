import type { Search } from '../search/search.js'
import type { Sql } from '../search/sql.js'
import { isRequest } from '../table/derived.js'
import type { SpanTable } from '../table/span-table.js'

/**
 * The seconds that rates refer to, in a query whose inner one has `first_us` and `last_us` for each group: the searched range; where it has
 * no begin or no end, the first or last span that was found. Without either, less than a second counts as one.
 */
export function rangeSeconds({ fromUs, toUs }: Search): Sql {
  const from = fromUs === undefined ? 'min(first_us) OVER ()' : '{range_from_us:Int64}'
  const to = toUs === undefined ? 'max(last_us) OVER ()' : '{range_to_us:Int64}'
  const least = fromUs === undefined || toUs === undefined ? 1 : 0.000001
  return {
    sql: `greatest((${to} - ${from}) / 1e6, ${least})`,
    parameters: {
      ...(fromUs !== undefined && { range_from_us: Math.round(fromUs) }),
      ...(toUs !== undefined && { range_to_us: Math.round(toUs) }),
    },
  }
}

/** What lines and heat maps count: requests, unless the search says more about spans. Then it is every span that was found. */
export function counted(table: SpanTable, search: Search): Sql | undefined {
  const { operation, kind, attributes = [], text = [] } = search
  const asksForSpans =
    operation !== undefined || kind !== undefined || attributes.length > 0 || text.length > 0
  return asksForSpans ? undefined : { sql: isRequest(table), parameters: {} }
}
