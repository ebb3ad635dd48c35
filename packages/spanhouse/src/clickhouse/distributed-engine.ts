import { unescaped } from '@spanhouse/transform/internal'

/** Where the rows of a Distributed table are: a table of this name on each shard of the cluster. */
export interface Behind {
  readonly cluster: string
  readonly database: string
  readonly table: string
}

const TEXT = "'((?:[^'\\\\]|\\\\.)*)'"
const DISTRIBUTED = new RegExp(`^Distributed\\(${TEXT}, ${TEXT}, ${TEXT}`, 's')

/** Undefined if the table is not Distributed. `engineFull` is that of system.tables. */
export function behindOf(engineFull: string): Behind | undefined {
  const [cluster, database, table] = (DISTRIBUTED.exec(engineFull) ?? []).slice(1).map(unescaped)
  return cluster === undefined || database === undefined || table === undefined
    ? undefined
    : { cluster, database, table }
}
