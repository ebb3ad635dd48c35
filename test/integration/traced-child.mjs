// An application under HttpInstrumentation, NetInstrumentation and DnsInstrumentation whose spans go to ClickHouse, and which
// asks the same server something itself. Its one argument says how, as JSON; it says what spans were made.
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { fileURLToPath } from 'node:url'

const { sdk, module, manager, kind, options, rounds } = JSON.parse(process.argv[2])
const from = createRequire(fileURLToPath(new URL(`../${sdk}/package.json`, import.meta.url)))
const { context, trace } = from('@opentelemetry/api')
const { AsyncLocalStorageContextManager } = from('@opentelemetry/context-async-hooks')
const sdkTrace = from(`@opentelemetry/sdk-trace${sdk === 'sdk2' ? '-base' : ''}`)
const { InMemorySpanExporter, SimpleSpanProcessor, BatchSpanProcessor } = sdkTrace
const instrumentations = [
  new (from('@opentelemetry/instrumentation-http').HttpInstrumentation)(),
  new (from('@opentelemetry/instrumentation-net').NetInstrumentation)(),
  new (from('@opentelemetry/instrumentation-dns').DnsInstrumentation)({ ignoreHostnames: [] }),
]
// They patch what require() gives; what import gives follows.
for (const name of ['node:net', 'node:dns', 'node:http', 'node:https']) from(name)
syncBuiltinESMExports()

const entry = fileURLToPath(
  new URL(`../../packages/exporter-clickhouse/dist/${module}/index.js`, import.meta.url),
)
const { ClickHouseSpanExporter, ClickHouseSpanProcessor } =
  module === 'esm' ? await import(entry) : from(entry)

if (manager) context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
const seen = new InMemorySpanExporter()
const modern = sdk === 'sdk3'
const batches = (exporter) => new BatchSpanProcessor(modern ? { exporter } : exporter)
const simple = (exporter) => new SimpleSpanProcessor(modern ? { exporter } : exporter)
const to =
  kind === 'processor' ? new ClickHouseSpanProcessor(options) : new ClickHouseSpanExporter(options)
const TracerProvider = sdkTrace.TracerProvider ?? sdkTrace.BasicTracerProvider
const provider = new TracerProvider({
  spanProcessors: [simple(seen), kind === 'processor' ? to : batches(to)],
})
// As registerInstrumentations() does; half of the applications set no global provider.
for (const one of instrumentations) one.setTracerProvider(provider)
if (module === 'cjs') trace.setGlobalTracerProvider(provider)

const { request } = from('node:http')
const tracer = provider.getTracer('application')
const ask = () =>
  new Promise((resolve, reject) => {
    const asked = request(options.endpoint, { method: 'POST', agent: false }, (reply) =>
      reply.resume().on('end', resolve),
    )
    asked.on('error', reject).end('SELECT 1')
  })
for (let round = 0; round < rounds; round++) {
  tracer.startSpan('own').end()
  await ask()
  await provider.forceFlush()
  await to.forceFlush()
}
await new Promise((resolve) => setTimeout(resolve, 50)) // sockets of ours may still be closing
await provider.forceFlush()
await to.forceFlush()
const names = {}
for (const { name } of seen.getFinishedSpans()) names[name] = (names[name] ?? 0) + 1
const { requests } = to.stats().destinations.primary
const leftBehind = Object.keys(globalThis[Symbol.for('opentelemetry.js.api.1')] ?? {})
console.log(JSON.stringify({ names, requests, leftBehind }))
await provider.shutdown()
