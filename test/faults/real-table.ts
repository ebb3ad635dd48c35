import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import type { Row } from '../kit/memory-table.js'
import { POISON } from '../kit/numbered-spans.mjs'
import { COLUMNS, type Oracle, type Verdict } from '../kit/oracle.js'

type Server = Pick<ClickHouseServer, 'query'>

/** Makes the exporter's table; on request, one that refuses poisoned rows. */
export async function createTable(
  server: Server,
  database: string,
  { refusesPoison = false }: { refusesPoison?: boolean } = {},
): Promise<void> {
  for (const statement of flatTraces.ddl({ database })) await server.query(statement)
  if (!refusesPoison) return
  await server.query(
    `ALTER TABLE ${database}.traces ADD CONSTRAINT IF NOT EXISTS no_poison CHECK span_name != '${POISON}'`,
  )
}

const ROWS_AT_ONCE = 20_000

/** Lets the oracle check all rows of a table. */
export async function judgeTable(
  oracle: Oracle,
  destination: string,
  server: Server,
  database: string,
): Promise<Verdict> {
  const judgement = oracle.judgement(destination)
  const count = Number(await server.query(`SELECT count() FROM ${database}.traces`))
  const parts = Math.max(1, Math.ceil(count / ROWS_AT_ONCE))
  for (let part = 0; part < parts; part++) {
    const text = await server.query(
      `SELECT ${COLUMNS} FROM ${database}.traces WHERE cityHash64(span_id) % ${parts} = ${part} FORMAT JSONEachRow`,
    )
    for (const line of text.split('\n')) if (line !== '') judgement.see(JSON.parse(line) as Row)
  }
  return judgement.verdict()
}
