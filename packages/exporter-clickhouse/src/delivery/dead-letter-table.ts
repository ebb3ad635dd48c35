import { engineSql, onCluster } from '@spanhouse/transform/internal'
import { quotedName, type TableName } from '../clickhouse/insert.js'
import type { TableCreation } from '../config/config.js'

/** The table whose refused rows become dead letters, and how it was created. */
export interface Beside extends TableName, Pick<TableCreation, 'cluster' | 'engine'> {}

/**
 * The statement that creates a table of dead letters. Its columns are those of a dead letter queue in change-data tools: `data_after` is the
 * refused row, `data_before` describes the refusal, `source_logical` is the number of attempts.
 */
export function createDeadLetters(letters: TableName, beside: Beside): string {
  return `CREATE TABLE IF NOT EXISTS ${quotedName(letters)}${onCluster(beside)} (
    event UUID,
    dlq_name LowCardinality(String),
    source_nanos Int64,
    source_logical Int64,
    data_after String,
    data_before String
) ENGINE = ${engineSql(engineOf(letters, beside), beside)} ORDER BY (dlq_name, source_nanos) SETTINGS non_replicated_deduplication_window = 1000`
}

const TEXT = "'((?:[^'\\\\]|\\\\.)*)'"
const REPLICATED = new RegExp(
  `^\\s*Replicated\\w*MergeTree\\s*(?:\\(\\s*${TEXT}\\s*,\\s*${TEXT})?`,
  's',
)

/**
 * Dead letters are replicated where the table beside them is. An engine that merges rows, such as ReplacingMergeTree, is not used for them: it
 * would take two letters of one millisecond for the same row.
 */
function engineOf(letters: TableName, { engine = '', database, table }: Beside): string {
  const [isReplicated, path, replica] = REPLICATED.exec(engine) ?? []
  if (isReplicated === undefined) return 'MergeTree'
  if (path === undefined) return 'ReplicatedMergeTree'
  return `ReplicatedMergeTree('${pathOf(path, { database, table }, letters)}', '${replica}')`
}

/** A path of its own: two tables with one path would be taken for replicas of each other. `path` is still escaped, and so is the result. */
function pathOf(path: string, beside: TableName, letters: TableName): string {
  if (/\{(?:table|uuid)\}/.test(path)) return path
  const parts = path.split('/')
  const named = parts.lastIndexOf(beside.table)
  if (named < 0 || !/^[\w.-]+$/.test(letters.table)) return `${path}-dead_letters`
  parts[named] = letters.table
  const database = parts.lastIndexOf(beside.database, named - 1)
  if (database >= 0 && /^[\w.-]+$/.test(letters.database)) parts[database] = letters.database
  return parts.join('/')
}
