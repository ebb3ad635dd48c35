import { quoteIdentifier } from '@spanhouse/transform'
import { type Check, type Found, ok, problem, skipped, warning } from '../check.js'
import type { Facts } from '../facts.js'
import type { Remedy } from '../remedy.js'
import { isGranted, type Right } from './grants.js'

interface Wanted extends Right {
  readonly level: 'problem' | 'warning'
  /** What does not work without it. */
  readonly without: string
}

/** What the exporter and the other commands need. Rights to create matter only while something is missing. */
export const rights: Check<Facts> = {
  id: 'rights',
  title: 'rights',
  needs: ['credentials'],
  async run(facts) {
    const readonly = await readonlyOf(facts)
    if (readonly !== 0)
      return [
        problem(
          `readonly is ${readonly} in the profile of this user, who therefore cannot INSERT`,
          'Set it to 0 (ALTER USER … SETTINGS readonly = 0), or use another user.',
        ),
      ]
    const wanted = await rightsWanted(facts)
    const found: Found[] = []
    const given: string[] = []
    for (const right of wanted) {
      const granted = await isGranted(facts.server, right)
      if (granted) given.push(right.privilege)
      else if (granted === undefined)
        found.push(skipped(`the server does not say whether ${right.privilege} is allowed`))
      else found.push(await lacking(right, facts))
    }
    const insert = found.length === 0 ? await triedInsert(facts) : undefined
    if (insert) return [insert]
    return found.length > 0 ? found : [ok(`${[...new Set(given)].join(', ')} are allowed`)]
  },
}

/** 1 or 2: the user may only read, whatever is granted. 0 if the server does not say. */
async function readonlyOf({ server }: Facts): Promise<number> {
  const { rows } = await server.rows("SELECT value FROM system.settings WHERE name = 'readonly'")
  return Number(rows?.[0]?.['value'] ?? 0)
}

async function rightsWanted({ destination, table }: Facts): Promise<Wanted[]> {
  const { targets, manageSchema, deadLetter } = destination
  const { database, table: name, schema } = targets[0]
  const on = table.quoted
  const inDatabase = `${quoteIdentifier(database)}.*`
  const wanted: Wanted[] = [
    {
      privilege: 'INSERT',
      database,
      table: name,
      on,
      level: 'problem',
      without: 'no row is stored',
    },
    {
      privilege: 'SELECT',
      database,
      table: name,
      on,
      level: 'warning',
      without: `this user cannot look at the ${destination.signal} (spanhouse ui, tail, trace)`,
    },
  ]
  if (deadLetter && 'table' in deadLetter)
    wanted.push({
      privilege: 'INSERT',
      database,
      table: deadLetter.table,
      on: `${quoteIdentifier(database)}.${quoteIdentifier(deadLetter.table)}`,
      level: 'warning',
      without: 'dead letters cannot be kept',
    })
  const info = await table.info()
  if (manageSchema !== 'create' || info !== undefined) return wanted
  const hasDatabase = await table.hasDatabase()
  const create = { database, level: 'problem', without: 'the exporter cannot create it' } as const
  if (hasDatabase === false)
    wanted.push({ ...create, privilege: 'CREATE DATABASE', on: inDatabase })
  wanted.push({ ...create, privilege: 'CREATE TABLE', on: inDatabase })
  if (schema.ddl({ database, table: name }).some((one) => /^CREATE MATERIALIZED VIEW/.test(one)))
    wanted.push({
      ...create,
      privilege: 'CREATE VIEW',
      on: inDatabase,
      level: 'warning',
      without: 'the exporter cannot create the view beside the table',
    })
  return wanted
}

async function lacking(
  { privilege, on, level, without }: Wanted,
  { destination, server }: Facts,
): Promise<Found> {
  const user = await server.user()
  const sql = `GRANT ${privilege} ON ${on} TO ${quoteIdentifier(user)}`
  const remedy: Remedy = { kind: 'sql', destination: destination.name, sql, isSafe: false }
  const text = `the user may not ${privilege} on ${on.replaceAll('`', '')}: ${without}`
  const fix = 'An administrator can grant it.'
  return level === 'problem' ? problem(text, fix, [remedy]) : warning(text, fix, [remedy])
}

/** An INSERT of no rows changes nothing, but meets everything that forbids INSERTs. */
async function triedInsert({ server, table }: Facts): Promise<Found | undefined> {
  if (typeof (await table.info()) !== 'object') return undefined
  const { refused } = await server.run(`INSERT INTO ${table.quoted} FORMAT JSONEachRow\n`)
  if (!refused || refused.why === 'ambiguous') return undefined
  return problem(`the table refuses an empty INSERT: ${refused.text}`, refused.fix)
}
