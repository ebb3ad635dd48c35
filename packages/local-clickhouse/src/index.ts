export type { Constraint, Quota, StartOptions, User } from './options.js'
export { type ClickHouseServer, startClickHouse } from './start-clickhouse.js'
