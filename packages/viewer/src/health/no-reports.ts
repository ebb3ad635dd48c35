import { useEffect } from 'preact/hooks'
import { CopyButton } from '../common/copy-button.js'
import { html, type VNode } from '../common/html.js'
import { Empty } from '../common/states.js'
import { askMetaAgain } from '../shell/meta.js'

/** A table of metrics may appear at any time. */
const LOOK_AGAIN_MS = 10_000

const EXAMPLE = `import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { ClickHouseMetricExporter, ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'

const exporter = new ClickHouseMetricExporter()
const meterProvider = new MeterProvider({
  readers: [new PeriodicExportingMetricReader({ exporter })],
})
const processor = new ClickHouseSpanProcessor({ meterProvider })
`

const METRICS: readonly (readonly [string, string])[] = [
  ['otel.sdk.exporter.span.exported, ….log.exported', 'rows delivered'],
  ['spanhouse.dropped', 'rows dropped, by reason'],
  ['otel.sdk.exporter.span.inflight', 'rows waiting'],
  ['spanhouse.queue.bytes, spanhouse.spool.bytes', 'what waits in memory and on disk'],
  ['spanhouse.errors, spanhouse.retries_exceeded', 'attempts that failed, rows given up'],
]

/** Whether there is a table of metrics decides what is left to do. */
export function NoReports({ hasMetricTables }: { readonly hasMetricTables: boolean }): VNode {
  useEffect(() => {
    if (hasMetricTables) return
    const timer = setInterval(askMetaAgain, LOOK_AGAIN_MS)
    return () => clearInterval(timer)
  }, [hasMetricTables])
  return html`<${Empty} title="No application reports on its exporter yet.">
    <p>An exporter counts every row it was given: delivered, dropped and why, or waiting. It reports these numbers as OpenTelemetry metrics, and this page shows them for each process and destination.</p>
    <ol class="steps">
      <li>
        <p>Give the exporter a <code>meterProvider</code>. With <code>OTEL_NODE_EXPERIMENTAL_SDK_METRICS=true</code> it takes the global one, which <code>register</code> starts if <code>OTEL_METRICS_EXPORTER=clickhouse</code>.</p>
        <pre tabindex="0">${EXAMPLE}</pre>
        <${CopyButton} label="Copy" text=${() => EXAMPLE} />
      </li>
      <li>
        <p>${
          hasMetricTables
            ? 'Let the metrics reach this ClickHouse. It has tables for them, but none of the exporter’s metrics are there in this time range.'
            : 'Let the metrics reach this ClickHouse. The exporter of metrics creates its table before the first rows; so does an OpenTelemetry Collector. This server has none yet.'
        }</p>
      </li>
    </ol>
    <h3>What is shown then</h3>
    <dl class="metric-names">
      ${METRICS.map(([name, meaning]) => html`<div key=${name}><dt><code>${name}</code></dt><dd>${meaning}</dd></div>`)}
    </dl>
    <p>Until then: <code>exporter.stats()</code> has the same numbers in the process, and <code>spanhouse doctor</code> finds out why rows do not arrive.</p>
  <//>`
}
