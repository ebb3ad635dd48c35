// An official OTLP/HTTP exporter under the SDK's BatchSpanProcessor, with its batches of 512 and with gzip.
import { ExportResultCode } from '@opentelemetry/core'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'

const MAX_SPANS = 512

/** The processor's default `maxQueueSize` of 2,048 would drop spans, and so seem cheaper. */
export async function start({ exporter: name, endpoints: [endpoint], maxQueueSize = 65_536 }) {
  const { OTLPTraceExporter } = await import(name)
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, compression: 'gzip' })
  let delivered = 0
  const counted = {
    export(spans, callback) {
      exporter.export(spans, (result) => {
        if (result.code === ExportResultCode.SUCCESS) delivered += spans.length
        else console.error(result.error?.message)
        callback(result)
      })
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  }
  const processor = new BatchSpanProcessor(counted, { maxQueueSize, maxExportBatchSize: MAX_SPANS })
  return {
    take: (span) => processor.onEnd(span),
    delivered: () => delivered,
    async flush() {
      await processor.forceFlush()
      await exporter.forceFlush() // The processor does not wait for exports that it began by itself.
    },
    maxInFlight: 4 * MAX_SPANS,
  }
}
