import { type Conflict, partsOf, placeOf } from './conflict.js'
import { type GatheredDestination, takes } from './gathered.js'
import { SIGNALS } from './signal.js'
import { targetsOf } from './targets.js'

const PATH = /^\s*Replicated\w*MergeTree\s*\(\s*'((?:[^'\\]|\\.)*)'/s

/** A path in ZooKeeper that several tables would have: the server takes them for replicas of one table. */
export function engineConflicts(destination: GatheredDestination): Conflict[] {
  const { name, trees, options } = destination
  const { engine = '', manageSchema } = options.traces
  const [, path] = PATH.exec(engine) ?? []
  if (path === undefined || /\{(table|uuid)\}/.test(path) || manageSchema !== 'create') return []
  const tables = tablesOf(destination, engine)
  if (tables.length < 2) return []
  const all = `${tables.slice(0, -1).join(', ')} and ${tables.at(-1)}`
  return [
    {
      text: `${placeOf(name)}engine: the tables ${all} would have the same path in ZooKeeper: write {table} or {uuid} in it, or name the signals that are sent in \`signals\``,
      between: partsOf(trees.traces, 'engine'),
    },
  ]
}

/** The names of all tables that get the engine: companions get it too. */
function tablesOf(destination: GatheredDestination, engine: string): string[] {
  const { options } = destination
  const statements = SIGNALS.filter((signal) => takes(destination, signal)).flatMap((signal) => {
    try {
      return targetsOf(options[signal], signal).flatMap(({ schema, database, table, creation }) =>
        schema.ddl({ ...creation, database, table }),
      )
    } catch {
      return [] // what is wrong with the tables is said elsewhere
    }
  })
  const created = statements.filter((sql) => sql.includes(`ENGINE = ${engine}`))
  return [...new Set(created.map((sql) => /\.`([^`]*)`/.exec(sql)?.[1] ?? ''))]
}
