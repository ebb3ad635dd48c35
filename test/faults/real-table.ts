import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import type { Row } from '../kit/memory-table.js'
import { POISON } from '../kit/numbered-records.mjs'
import { columnsOf, type Oracle, type Verdict } from '../kit/oracle.js'
import { SIGNALS, type SignalUnderTest, TRACES } from '../kit/signals.js'

type Server = Pick<ClickHouseServer, 'query'>

/** Makes the exporter's table; on request, one that refuses poisoned rows. */
export async function createTable(
  server: Server,
  database: string,
  { refusesPoison = false, of = TRACES }: { refusesPoison?: boolean; of?: SignalUnderTest } = {},
): Promise<void> {
  for (const table of of.tables) {
    for (const statement of table.ddl({ database })) await server.query(statement)
    if (!refusesPoison) continue
    await server.query(
      `ALTER TABLE ${database}.${table.name} ADD CONSTRAINT IF NOT EXISTS no_poison CHECK ${of.label} != '${POISON}'`,
    )
  }
}

const ROWS_AT_ONCE = 20_000

/** Lets the oracle check all rows of the flat table of its signal. */
export async function judgeTable(
  oracle: Oracle,
  destination: string,
  server: Server,
  database: string,
): Promise<Verdict> {
  const of = SIGNALS.find(({ signal }) => signal === oracle.signal) ?? TRACES
  const table = `${database}.${of.signal}`
  const judgement = oracle.judgement(destination)
  const count = Number(await server.query(`SELECT count() FROM ${table}`))
  const parts = Math.max(1, Math.ceil(count / ROWS_AT_ONCE))
  for (let part = 0; part < parts; part++) {
    const text = await server.query(
      `SELECT ${columnsOf(of.signal)} FROM ${table} WHERE cityHash64(${of.id}) % ${parts} = ${part} FORMAT JSONEachRow`,
    )
    for (const line of text.split('\n')) if (line !== '') judgement.see(JSON.parse(line) as Row)
  }
  return judgement.verdict()
}
