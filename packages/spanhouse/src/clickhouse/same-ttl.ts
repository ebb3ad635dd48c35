import type { Query } from '@spanhouse/queries'
import type { Reader } from './reader.js'

const FORMATTED: Query<{ found: string; wanted: string }> = {
  name: 'two expressions as the server writes them',
  sql: `SELECT formatQuerySingleLine('ALTER TABLE t MODIFY TTL ' || {found:String}) AS found,
formatQuerySingleLine('ALTER TABLE t MODIFY TTL ' || {wanted:String}) AS wanted`,
  parameters: {},
}

/** Whether two texts after TTL say the same. The server writes conditions in its own way, so it is asked if they differ as texts. */
export async function isSameTtl(
  reader: Reader,
  found: string,
  wanted: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (found === '') return false
  if (bare(found) === bare(wanted)) return true
  try {
    const query = { ...FORMATTED, parameters: { found, wanted } }
    const [row] = (await reader.ask(query, signal)).rows
    return row !== undefined && bare(row.found) === bare(row.wanted)
  } catch {
    signal.throwIfAborted()
    return false // a server that does not know the function, or a condition that is no SQL
  }
}

function bare(sql: string): string {
  return sql.replaceAll(/\s+/g, '')
}
