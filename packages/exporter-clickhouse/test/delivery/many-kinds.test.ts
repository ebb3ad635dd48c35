import { expect, test } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { exported, exporterTo, spans } from '../../../../test/kit/exporters.js'
import { eventually, until } from '../../../../test/kit/patience.js'
import { type Received, scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { Entry } from '../../src/delivery/entry.js'
import { KnownTables } from '../../src/delivery/known-tables.js'
import { RefusedKinds } from '../../src/delivery/refused-kinds.js'
import { batchOf } from '../spool/spool-kit.js'

// Names of tables that `dispatch` takes from the data, of which the server has none: a table for each tenant, say.

const TENANTS = 300

const intoTenant = ({ isInsert, query, statement }: Received) =>
  isInsert && `${query.get('query')} ${statement}`.includes('tenant_')

test('rows for hundreds of tables that do not exist wait, with few lines in the log, and other rows are delivered', async () => {
  const lines = diagLines()
  const server = await scriptedServer({
    each: (request) =>
      intoTenant(request) ? { status: 404, code: 60, body: 'Code: 60. No such table' } : 'ok',
  })
  const exporter = exporterTo({
    endpoint: server.url,
    compression: { codec: 'none' },
    retry: { initialDelayMs: 60_000 }, // none of them asks by itself while this test runs
    flushTimeoutMs: 300,
    dispatch: (row, { table }) => {
      const [, tenant] = /^tenant (\d+)/.exec(String(row['span_name'])) ?? []
      return { [tenant === undefined ? table : `tenant_${tenant}`]: row }
    },
  })
  for (let n = 0; n < TENANTS; n++) void exported(exporter, spans(1, `tenant ${n}`))
  const tried = () =>
    new Set(server.inserts.filter(intoTenant).map(({ query }) => query.get('query')))
  await until(() => tried().size === TENANTS)
  await exported(exporter, spans(5))
  await eventually(() =>
    expect(statsOf(exporter)).toMatchObject({ delivered: 5, waiting: TENANTS, failing: false }),
  )
  const said = lines.filter((line) => line.includes('the server refuses the rows'))
  expect(said).toHaveLength(10)
  const before = server.inserts.filter(intoTenant).length
  await exporter.forceFlush().catch(() => {})
  // A flush tries a hundred kinds, and not all of them.
  expect(server.inserts.filter(intoTenant).length - before).toBeLessThanOrEqual(100 + 4)
})

/** An entry that is refused. */
function aside(kinds: RefusedKinds, name: string): Entry {
  const entry = Entry.of(batchOf(name), { foreign: true })
  entry.kind = name
  kinds.refused(entry, name, () => 1e6)
  return entry
}

test('a flush goes on with the kinds that the one before has left out', () => {
  const woken: Entry[] = []
  const seen = new Set<Entry>()
  const kinds = new RefusedKinds((entry) => woken.push(entry))
  const all = Array.from({ length: 250 }, (_, n) => aside(kinds, `kind ${n}`))
  for (const count of [100, 200, 250]) {
    kinds.hurry()
    for (const entry of woken.splice(0)) {
      seen.add(entry)
      kinds.refused(entry, entry.kind ?? '', () => 1e6) // again
    }
    expect(seen.size).toBe(count)
  }
  for (const entry of all) kinds.left(entry)
  expect(kinds.size).toBe(0)
  kinds.close()
})

test('of the tables that are not configured, the thousand used last are remembered, and the duplicates of all of them', () => {
  const tables = new KnownTables({ config: { targets: [] } } as never)
  const table = (n: number) =>
    tables.of({ statement: `INSERT INTO \`d\`.\`t${n}\` (\`a\`) FORMAT JSONEachRow`, settings: {} })
  const [first, second] = [table(0), table(1)]
  for (const { duplicates } of [first, second])
    duplicates.deliver(3, { ambiguous: true, hasToken: false })
  for (let n = 2; n < 1000; n++) table(n)
  expect(table(0)).toBe(first)
  table(1000)
  expect(table(0)).toBe(first)
  expect(table(1)).not.toBe(second)
  expect(tables.possibleDuplicates).toBe(6)
})
