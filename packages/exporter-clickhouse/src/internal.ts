// What the command `spanhouse` uses besides the public functions. It is bundled into the command and is no entry of this package, so
// it may change at any time.
export { classify } from './clickhouse/classify.js'
export { columnsOf, differences, jsonColumns } from './clickhouse/tables.js'
export type { Config, DestinationConfig } from './config/config.js'
export { explain } from './config/explain.js'
export { type Gathered, gather } from './config/gather.js'
export { SETTINGS } from './config/insert-settings.js'
export { parseConfig } from './config/parse-config.js'
export { numberOf } from './config/units.js'
export { type Client, openClient } from './http/client.js'
export { type Explanation, explained } from './http/network-errors.js'
export { ClickHouseSpanExporter } from './traces/span-exporter.js'
