// ClickHouseLogRecordProcessor with its defaults. With `makesRecords`, a Logger of the SDK makes each record first, as it does for an
// application; without, it gets records that were made before.
import { ClickHouseLogRecordProcessor } from '@spanhouse/exporter-clickhouse'
import { loggerFor } from '../records/log-records.mjs'

export function start({ options, endpoints: [endpoint], makesRecords = false }) {
  const processor = new ClickHouseLogRecordProcessor({ endpoint, ...options })
  const logger = makesRecords && loggerFor(processor)
  const stats = () => processor.stats().destinations.primary
  return {
    take: logger
      ? ({ description, context }) => logger.emit({ ...description, context })
      : ({ record }) => processor.onEmit(record),
    delivered: () => stats().delivered,
    flush: () => processor.forceFlush({ timeoutMs: 60_000 }),
    maxInFlight: 40_000,
  }
}
