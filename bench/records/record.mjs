// Makes shop-spans.json anew, from a run of the demo's shop. Needs a build.
//   node bench/records/record.mjs
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openLoad } from '../../examples/shop/load.mjs'
import { openShop } from '../../examples/shop/shop.mjs'
import { startServer } from '../servers/servers.mjs'

const SECONDS = 3
const MAX_SPANS = 800

const folder = mkdtempSync(join(tmpdir(), 'spanhouse-recording-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const sink = await startServer('sink.mjs')

// The services inherit the environment: recorder.mjs runs in each, beside its telemetry.
process.env.SPANHOUSE_RECORDING = folder
process.env.NODE_OPTIONS = `--import=${new URL('recorder.mjs', import.meta.url)}`
const shop = openShop({ servers: [{ name: 'sink', endpoint: sink.said }], runId: 'recording' })
const load = openLoad(await shop.open())
await sleep(SECONDS * 1000)
await load.stop()
await shop.close()
sink.stop()

const spans = readdirSync(folder)
  .flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')))
  .sort((a, b) => nanosecondsBetween(b.endTime, a.endTime))
const kept = wholeTraces(spans)
writeFileSync(new URL('shop-spans.json', import.meta.url), withoutThisMachine(recordingOf(kept)))
console.log(`${kept.length} of ${spans.length} recorded spans are in bench/records/shop-spans.json`)

/** The traces that end first, at most MAX_SPANS spans, in the order in which the spans ended. */
function wholeTraces(spans) {
  const left = new Map()
  for (const { traceId } of spans) left.set(traceId, (left.get(traceId) ?? 0) + 1)
  const kept = new Set()
  let rows = 0
  for (const { traceId, parentSpanId } of spans) {
    if (parentSpanId !== undefined) continue
    rows += left.get(traceId)
    if (rows > MAX_SPANS) break
    kept.add(traceId)
  }
  return spans.filter(({ traceId }) => kept.has(traceId))
}

/**
 * One span a line, all under the storefront's resource. Ids are numbers, since every use of the recording makes fresh ids; times
 * count from the first start. The shop makes no links.
 */
function recordingOf(spans) {
  const scopes = distinct()
  const traces = distinct()
  const ids = distinct()
  const start = spans
    .map(({ startTime }) => startTime)
    .reduce((a, b) => (nanosecondsBetween(a, b) < 0 ? b : a))
  const lines = spans.map(({ name, kind, status, attributes, ...span }) =>
    JSON.stringify({
      trace: traces.indexOf(span.traceId),
      id: ids.indexOf(span.spanId),
      parent: span.parentSpanId && ids.indexOf(span.parentSpanId),
      scope: scopes.indexOf(span.scope),
      name,
      kind,
      status,
      startNs: nanosecondsBetween(start, span.startTime),
      endNs: nanosecondsBetween(start, span.endTime),
      attributes,
      events: span.events.map(({ name, time, attributes }) => ({
        name,
        atNs: nanosecondsBetween(start, time),
        attributes,
      })),
    }),
  )
  const isStorefront = ({ resource }) => resource['service.name'] === 'storefront'
  const { resource } = spans.find(isStorefront)
  return `{"resource":${JSON.stringify(resource)},
"scopes":${JSON.stringify(scopes.values)},
"spans":[
${lines.join(',\n')}
]}
`
}

function withoutThisMachine(text) {
  return text
    .replaceAll(`"${hostname()}"`, '"shop-1.example.com"')
    .replaceAll(new URL('../../examples/shop/', import.meta.url).href, 'file:///app/')
}

/** Numbers values by their first appearance. */
function distinct() {
  const known = new Map()
  return {
    indexOf(value) {
      const key = JSON.stringify(value)
      if (!known.has(key)) known.set(key, known.size)
      return known.get(key)
    },
    get values() {
      return [...known.keys()].map((key) => JSON.parse(key))
    },
  }
}

function nanosecondsBetween([seconds, nanoseconds], [laterSeconds, laterNanoseconds]) {
  return (laterSeconds - seconds) * 1e9 + laterNanoseconds - nanoseconds
}
