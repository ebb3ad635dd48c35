// Exports spans without end and prints the ids of those that were acknowledged, until it is killed.
// Its one argument: the exporter's options, as JSON.
import { randomBytes, randomInt } from 'node:crypto'
import { writeSync } from 'node:fs'
import { ClickHouseSpanExporter } from '@spanhouse/exporter-clickhouse'
import { numberedSpan } from '../kit/numbered-spans.mjs'

const exporter = new ClickHouseSpanExporter(JSON.parse(process.argv[2]))
const run = randomBytes(4).toString('hex')
const AT_ONCE = 2

let made = 0
function exportMore() {
  const spans = Array.from({ length: 1 + randomInt(50) }, () =>
    numberedSpan(run, made++, { resource: 0 }),
  )
  exporter.export(spans, ({ code }) => {
    const ids = spans.map((span) => span.spanContext().spanId)
    if (code === 0) writeSync(1, `${ids.join('\n')}\n`)
    // As fast as it is answered, but for a destination that answers nothing.
    setTimeout(exportMore, 10)
  })
}

for (let started = 0; started < AT_ONCE; started++) exportMore()
