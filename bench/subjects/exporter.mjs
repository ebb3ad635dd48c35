// An exporter that gets its spans in batches of 512, each after the answer to the one before, as from the SDK's BatchSpanProcessor.
import { ExportResultCode } from '@opentelemetry/core'

const MAX_SPANS = 512

export async function start({ exporter: name, endpoints: [endpoint], options }) {
  const exporter = await openExporter(name, endpoint, options)
  const waiting = []
  let delivered = 0
  let exporting

  async function exportAll(least) {
    while (waiting.length >= least) {
      const spans = waiting.splice(0, MAX_SPANS)
      const { code, error } = await new Promise((resolve) => exporter.export(spans, resolve))
      if (code === ExportResultCode.SUCCESS) delivered += spans.length
      else console.error(error?.message)
    }
    exporting = undefined
  }

  return {
    take(span) {
      if (waiting.push(span) >= MAX_SPANS) exporting ??= exportAll(MAX_SPANS)
    },
    delivered: () => delivered,
    async flush() {
      await exporting
      await exportAll(1)
    },
    maxInFlight: 4 * MAX_SPANS,
  }
}

async function openExporter(name, endpoint, options) {
  const { ClickHouseSpanExporter, OTLPTraceExporter } = await import(name)
  return ClickHouseSpanExporter
    ? new ClickHouseSpanExporter({ endpoint, ...options })
    : new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, compression: 'gzip' })
}
