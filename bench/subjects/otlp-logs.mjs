// An official OTLP/HTTP exporter of logs under the SDK's BatchLogRecordProcessor, with its batches of 512 and with gzip.
import { ExportResultCode } from '@opentelemetry/core'
import { BatchLogRecordProcessor } from '@opentelemetry/sdk-logs'

const MAX_RECORDS = 512

/** The processor's default `maxQueueSize` of 2,048 would drop records, and so seem cheaper. */
export async function start({ exporter: name, endpoints: [endpoint], maxQueueSize = 65_536 }) {
  const { OTLPLogExporter } = await import(name)
  const exporter = new OTLPLogExporter({ url: `${endpoint}/v1/logs`, compression: 'gzip' })
  let delivered = 0
  const counted = {
    export(records, callback) {
      exporter.export(records, (result) => {
        if (result.code === ExportResultCode.SUCCESS) delivered += records.length
        else console.error(result.error?.message)
        callback(result)
      })
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  }
  const processor = new BatchLogRecordProcessor({
    exporter: counted,
    maxQueueSize,
    maxExportBatchSize: MAX_RECORDS,
  })
  return {
    take: ({ record }) => processor.onEmit(record),
    delivered: () => delivered,
    async flush() {
      await processor.forceFlush()
      await exporter.forceFlush() // The processor does not wait for exports that it began by itself.
    },
    maxInFlight: 4 * MAX_RECORDS,
  }
}
