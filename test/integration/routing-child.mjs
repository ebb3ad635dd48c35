// A service that ends 200 spans, each the first of its trace here or a part of a trace whose first span never ends, and then has nothing left to do.
import { createHash } from 'node:crypto'
import { ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'

const { endpoint, service, sample, part } = JSON.parse(process.argv[2])
const processor = new ClickHouseSpanProcessor({ endpoint, sample })
const now = Math.floor(Date.now() / 1000)
for (let n = 0; n < 200; n++) {
  const traceId = createHash('sha256').update(`trace ${n}`).digest('hex').slice(0, 32)
  processor.onEnd({
    name: 'work',
    kind: 0,
    spanContext: () => ({ traceId, spanId: '00000000000000aa', traceFlags: 1 }),
    ...(part && { parentSpanContext: { traceId, spanId: '00000000000000bb' } }),
    startTime: [now, 0],
    endTime: [now, 1000],
    status: { code: 0 },
    attributes: {},
    events: [],
    links: [],
    resource: { attributes: { 'service.name': service } },
    instrumentationScope: { name: 'child' },
  })
}
const { waiting } = processor.stats().destinations.primary
process.on('exit', () =>
  console.log(JSON.stringify({ waiting, ...processor.stats().destinations.primary.dropped })),
)
