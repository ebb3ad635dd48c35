import { parseType, unquoted } from '../types/type-text.js'

interface Place {
  readonly database: string
  readonly table: string
}

/** Where the database and the table stand among the arguments of an engine that passes rows on. */
const PLACES: Readonly<Record<string, number>> = { Distributed: 1, Buffer: 0 }

/** The table to which a Distributed or Buffer table passes its rows on, and whose keys decide how they are stored. Undefined for other engines. */
export function tableBehind(
  engine: string,
  engineFull: string,
  database: string,
): Place | undefined {
  const at = Object.hasOwn(PLACES, engine) ? PLACES[engine] : undefined
  const [call] = /^\w+\(.*\)/s.exec(engineFull) ?? []
  if (at === undefined || call === undefined) return undefined
  try {
    const { args } = parseType(call)
    const [there = '', table = ''] = args.slice(at, at + 2).map((arg) => unquoted(arg) ?? arg)
    return table === '' ? undefined : { database: there || database, table }
  } catch {
    return undefined
  }
}
