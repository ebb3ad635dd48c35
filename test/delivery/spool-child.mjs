// Exports spans without end and prints the ids of those that were acknowledged, until it is killed.
// Its one argument: the exporter's options, as JSON.
import { randomBytes, randomInt } from 'node:crypto'
import { writeSync } from 'node:fs'
import { ClickHouseSpanExporter } from '@spanhouse/exporter-clickhouse'

const exporter = new ClickHouseSpanExporter(JSON.parse(process.argv[2]))
const RESOURCE = { attributes: { 'service.name': 'killed' } }
const SCOPE = { name: 'child' }
const AT_ONCE = 2

function span(spanId) {
  const context = { traceId: randomBytes(16).toString('hex'), spanId }
  const seconds = Math.floor(Date.now() / 1000)
  return {
    name: 'GET /',
    kind: 1,
    spanContext: () => context,
    startTime: [seconds, 0],
    endTime: [seconds, 1],
    status: { code: 0 },
    attributes: { 'http.route': '/' },
    events: [],
    links: [],
    resource: RESOURCE,
    instrumentationScope: SCOPE,
  }
}

function exportMore() {
  const ids = Array.from({ length: 1 + randomInt(50) }, () => randomBytes(8).toString('hex'))
  exporter.export(ids.map(span), ({ code }) => {
    if (code === 0) writeSync(1, `${ids.join('\n')}\n`)
    // As fast as it is answered, but for a destination that answers nothing.
    setTimeout(exportMore, 10)
  })
}

for (let started = 0; started < AT_ONCE; started++) exportMore()
