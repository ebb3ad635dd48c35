import { quoteText } from '@spanhouse/transform'
import { unescaped } from '@spanhouse/transform/internal'
import { memoryOf, type TableName } from '#exporter'
import { type Check, count, type Found, ok, skipped, warning } from '../check.js'
import type { Facts } from '../facts.js'
import type { Remedy } from '../remedy.js'
import type { Server } from '../statement.js'
import { newTableFacts, type TableFacts } from '../table-facts.js'

/** So many views are looked at, those of views included. */
const MAX_VIEWS = 30
const NAMED = 5

interface View extends TableName {
  /** Undefined if only the name of the view may be seen. */
  readonly target: TableName | undefined
}

/**
 * A retry that the table recognises is passed on to its materialised views all the same (`deduplicate_blocks_in_dependent_materialized_views`). Only
 * their targets can recognise it there, each by its own memory of tokens.
 */
export const views: Check<Facts> = {
  id: 'views',
  title: 'views',
  needs: ['table'],
  async run({ server, destination, table }) {
    if (destination.asyncInsert) return [skipped('`asyncInsert` gives deduplication up')]
    const found = await viewsOf([table, await table.local()], server)
    if (!found) return [skipped('the server does not say which materialised views there are')]
    if (found.length === 0) return [ok('no materialised view')]
    let unknown = 0
    const forgetful: {
      readonly view: View
      readonly target: TableFacts
      readonly hasNoWindow: boolean
    }[] = []
    for (const view of found) {
      const target = view.target && (await newTableFacts(server, view.target).local())
      const info = await target?.info()
      if (!target || typeof info !== 'object') {
        unknown++
        continue
      }
      if (info.engine === 'Null') continue
      const isMergeTree = info.engine.endsWith('MergeTree')
      const memory = isMergeTree ? await memoryOf(info.engineFull, server.asking.run) : undefined
      if (memory === 'unknown') unknown++
      else if (!memory || memory.inserts === 0)
        forgetful.push({ view, target, hasNoWindow: memory?.ms === Number.POSITIVE_INFINITY })
    }
    if (forgetful.length === 0 && unknown > 0)
      return [
        skipped(
          `this user may not see ${count(unknown, 'materialised view')} on the table, or where the rows go`,
          'Run it as a user who may: a retry after a lost answer may store rows twice there.',
        ),
      ]
    if (forgetful.length === 0)
      return [ok(`${count(found.length, 'materialised view')}: a retry stores no row twice there`)]
    return [
      forgetfulOnes(
        forgetful.map(({ view }) => view),
        forgetful.filter(({ hasNoWindow }) => hasNoWindow).map(({ target }) => target),
        destination.name,
      ),
    ]
  },
}

function forgetfulOnes(
  those: readonly View[],
  windowless: readonly TableFacts[],
  destination: string,
): Found {
  const named = those.slice(0, NAMED).map(({ database, table }) => `${database}.${table}`)
  const more = those.length > NAMED ? ` and ${count(those.length - NAMED, 'other')}` : ''
  const remedies = windowless.map(
    ({ quoted }): Remedy => ({
      kind: 'sql',
      destination,
      sql: `ALTER TABLE ${quoted} MODIFY SETTING non_replicated_deduplication_window = 10000`,
      isSafe: true,
    }),
  )
  return warning(
    `a retry after a lost answer stores rows twice in ${count(those.length, 'materialised view')}: ${named.join(', ')}${more}`,
    'Their targets remember no tokens, whatever the table itself remembers: let each be a MergeTree table with a window.',
    remedies,
  )
}

/** The materialised views of these tables, and the views of their targets. Undefined if the server does not tell. */
async function viewsOf(tables: readonly TableFacts[], server: Server): Promise<View[] | undefined> {
  const found = new Map<string, View>()
  const left = tables.map(({ at }) => at)
  const seen = new Set<string>()
  for (let at = left.shift(); at && found.size < MAX_VIEWS; at = left.shift()) {
    const key = JSON.stringify([at.database, at.table])
    if (seen.has(key)) continue
    seen.add(key)
    // The names are told to whoever may see the table, and the rest only to those who may see the view.
    const { rows } = await server.rows(`
      SELECT view.1 AS database, view.2 AS name, toString(uuid) AS uuid, create_table_query AS query
      FROM (
        SELECT arrayJoin(arrayZip(dependencies_database, dependencies_table)) AS view FROM system.tables
        WHERE database = ${quoteText(at.database)} AND name = ${quoteText(at.table)}
        LIMIT ${MAX_VIEWS}
      ) AS dependent
      LEFT JOIN (
        SELECT (database, name) AS view, uuid, create_table_query FROM system.tables WHERE engine = 'MaterializedView'
      ) AS visible USING view`)
    if (!rows) return undefined
    for (const { database, name, uuid, query } of rows) {
      const view = { database: String(database), table: String(name) }
      const target = query ? targetOf(view, String(uuid), String(query)) : undefined
      found.set(JSON.stringify([view.database, view.table]), { ...view, target })
      if (target) left.push(target)
    }
  }
  return [...found.values()]
}

const NAME = '(`(?:[^`\\\\]|\\\\.)*`|[\\w-]+)'
const TO = new RegExp(`^CREATE MATERIALIZED VIEW [^(]*? TO ${NAME}\\.${NAME}`, 's')

/** The table that has the rows of a view: the one that it names, or one of its own. */
function targetOf({ database, table }: TableName, uuid: string, query: string): TableName {
  const [, ofTarget, name] = TO.exec(query) ?? []
  if (ofTarget !== undefined && name !== undefined)
    return { database: plain(ofTarget), table: plain(name) }
  const isOrdinary = /^0{8}-(0{4}-){3}0{12}$/.test(uuid)
  return { database, table: isOrdinary ? `.inner.${table}` : `.inner_id.${uuid}` }
}

function plain(name: string): string {
  return name.startsWith('`') ? unescaped(name.slice(1, -1)) : name
}
