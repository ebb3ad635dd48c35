import { quoteIdentifier } from '@spanhouse/transform'

interface TableAt {
  readonly database: string
  readonly table: string
}

/** In `data_before` of a row that is older than another one with its ids: it was taken once, and is not sent again. */
export const CONFLICT = 'conflict'

/** As the exporter creates it for rows that a server refused: one table holds both. */
export function createDeadLetters({ database, table }: TableAt): string {
  return `CREATE TABLE IF NOT EXISTS ${quoteIdentifier(database)}.${quoteIdentifier(table)} (
    event UUID,
    dlq_name LowCardinality(String),
    source_nanos Int64,
    source_logical Int64,
    data_after String,
    data_before String
) ENGINE = MergeTree ORDER BY (dlq_name, source_nanos) SETTINGS non_replicated_deduplication_window = 1000`
}
