// What it costs to read a request of OTLP/protobuf, alone and with its rows written for the flat table, beside OTLP/JSON of the same spans:
// thread CPU in µs a span, the median of some rounds, in which the ways take turns. Then a request of 64 MiB: how long one slice of it keeps the
// thread, and the most memory that is in use, read whole and read in slices.
//   npm run build && node --expose-gc bench/studies/wire.mjs [--rounds 9]
import { parseArgs } from 'node:util'
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import {
  flatTraces,
  spansFromOtlpJson,
  spansFromOtlpProtobuf,
  spansInOtlpProtobuf,
} from '@spanhouse/transform'
import { compactRowsOf, KeyLists, newEncoding, ROW_ROOM } from '@spanhouse/transform/internal'
import { number, summary } from '../figures.mjs'
import { machineLoad } from '../machine.mjs'
import { shapes } from '../records/feed.mjs'
import { cpuTimes } from '../sections/kit.mjs'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } })
const ROUNDS = Number(values.rounds)
const REQUESTS = 20
const SPANS = 512
const WARM_UP = 5
const LARGE = 64 * 1024 * 1024
const NEWLINE = 0x0a

console.log(`Node ${process.version}, load ${machineLoad()}, requests of ${SPANS} spans.`)
for (const shape of ['reference', 'small', 'large']) compareWays(shape)
await readLarge()

function compareWays(shape) {
  const spans = shapes[shape].make(REQUESTS * SPANS)
  const batches = Array.from({ length: REQUESTS }, (_, n) =>
    spans.slice(n * SPANS, (n + 1) * SPANS),
  )
  const protobuf = batches.map((batch) => ProtobufTraceSerializer.serializeRequest(batch))
  const json = batches.map((batch) => JsonTraceSerializer.serializeRequest(batch))
  const fromJson = (bytes) => spansFromOtlpJson(JSON.parse(Buffer.from(bytes).toString()))
  const inSlices = (bytes) => [...spansInOtlpProtobuf(bytes)].flat()
  const ways = {
    'protobuf read': () => protobuf.map((bytes) => spansFromOtlpProtobuf(bytes).length),
    'protobuf checked and read in slices': () => protobuf.map((bytes) => inSlices(bytes).length),
    'protobuf read, rows written': () =>
      protobuf.map((bytes) => write(spansFromOtlpProtobuf(bytes))),
    'spans of the SDK, rows written': () => batches.map(write),
    'JSON.parse alone': () => json.map((bytes) => JSON.parse(Buffer.from(bytes).toString())),
    'JSON read': () => json.map((bytes) => fromJson(bytes).length),
    'JSON read, rows written': () => json.map((bytes) => write(fromJson(bytes))),
  }
  const times = Object.fromEntries(Object.keys(ways).map((name) => [name, []]))
  for (let round = -WARM_UP; round < ROUNDS; round++)
    for (const [name, run] of Object.entries(ways)) {
      const before = cpuTimes().mainUs
      run()
      if (round >= 0) times[name].push((cpuTimes().mainUs - before) / spans.length)
    }
  const size = ([bytes]) => (bytes.length / SPANS).toFixed(0)
  console.log(
    `${shapes[shape].title}: ${size(protobuf)} bytes a span of protobuf, ${size(json)} of JSON`,
  )
  for (const [name, list] of Object.entries(times)) {
    const { median, low, high } = summary(list)
    console.log(
      `  ${name.padEnd(36)} ${number(median, 2).padStart(6)} µs (${number(low, 2)} to ${number(high, 2)})`,
    )
  }
}

/** As the exporter writes the rows of a batch, without the room that it has for them. */
function write(spans) {
  const { write, resourceFormOf } = compactRowsOf(flatTraces)
  const encoding = newEncoding({ sparse: true, keyLists: new KeyLists(30_000) })
  for (const span of spans) {
    encoding.room = ROW_ROOM
    resourceFormOf(span, encoding)
    write(span, encoding)
    encoding.out.byte(NEWLINE)
  }
  return encoding.out.length
}

async function readLarge() {
  const one = ProtobufTraceSerializer.serializeRequest(shapes.reference.make(5000))
  const bytes = Buffer.concat(Array(Math.floor(LARGE / one.length)).fill(Buffer.from(one)))
  let longest = 0
  let empty = 0
  let spans = 0
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  let most = 0
  const start = performance.now()
  let last = start
  let checked = start
  for (const slice of spansInOtlpProtobuf(bytes)) {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    if (slice.length === 0) {
      empty++
      checked = now
    }
    spans += slice.length
    if (spans % 10_000 === 0) most = Math.max(most, process.memoryUsage().heapUsed)
    await new Promise(setImmediate)
    last = performance.now()
  }
  const mib = (size) => `${(size / 2 ** 20).toFixed(0)} MiB`
  const ms = (time) => `${time.toFixed(0)} ms`
  console.log(
    `${mib(bytes.length)}, ${spans} spans, in slices: ${ms(performance.now() - start)}, of which ${ms(checked - start)} to check it in ${empty} steps; the longest step ${ms(longest)}; at most ${mib(most - before)} of heap`,
  )
  globalThis.gc?.()
  const began = performance.now()
  const whole = spansFromOtlpProtobuf(bytes)
  const took = performance.now() - began
  globalThis.gc?.()
  console.log(
    `the same at once: ${ms(took)}; ${mib(process.memoryUsage().heapUsed - before)} of heap held by ${whole.length} spans`,
  )
}
