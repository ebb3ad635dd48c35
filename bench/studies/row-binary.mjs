// RowBinary instead of JSONEachRow: the CPU time of a row in the client, of its compression, and of its INSERT in the real server, with the
// bytes sent. The statement and the columns of `input()` are those that the exporter sends; only the format differs. The rows of RowBinary
// come from a function written by hand for this one table, which takes only what these spans contain: no encoder of ours could be faster.
// JSONEachRow is measured twice: as the exporter writes it, and from a function written by hand in the same way. The ways take turns, and
// the table must hold the same rows after each. Then the first 20,000 rows of a process, each way in processes of its own.
//   npm run build && node bench/studies/row-binary.mjs [--rounds 7]
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { constants, gunzipSync, gzipSync } from 'node:zlib'
import { ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'
import { startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import {
  ByteWriter,
  compactRowsOf,
  KeyLists,
  newEncoding,
  ROW_ROOM,
} from '@spanhouse/transform/internal'
import { number, summary } from '../figures.mjs'
import { machineLoad } from '../machine.mjs'
import { shapes } from '../records/feed.mjs'
import { cpuTimes } from '../sections/kit.mjs'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, first: { type: 'string' } },
})
const ROUNDS = Number(values.rounds)
const WARM_UP = 5
const SPANS = 10_000
const INSERTS = 5
const NEWLINE = 0x0a
const AS_SENT = { level: 3, strategy: constants.Z_FILTERED, memLevel: constants.Z_MAX_MEMLEVEL }
const KINDS = ['INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const STATUSES = ['UNSET', 'OK', 'ERROR']
const ASCII = 0x7f
const SHORT = 48

// All write to memory that is large enough: the exporter uses the memory of a batch again.
const writer = new ByteWriter(SPANS * 2000)
const out = writer.bytes
const { view } = writer
let at = 0

const spans = shapes.reference.make(SPANS)
const keys = Object.keys(spans[0].attributes)
const writers = {
  'JSONEachRow, ours': ours,
  'JSONEachRow, by hand': jsonByHand,
  'RowBinary, by hand': binaryByHand,
}
if (values.first !== undefined) {
  console.log(JSON.stringify(firstRows(writers[values.first])))
  process.exit()
}

const { statement, rows } = await sentByExporter()
const ways = Object.fromEntries(
  Object.entries(writers).map(([name, write]) => {
    const [format] = name.split(',')
    return [name, { write, statement: statement.replace(/FORMAT \w+$/, `FORMAT ${format}`) }]
  }),
)
if (!rows.equals(ours().subarray(0, rows.length)))
  throw new Error('The study does not write the rows that the exporter sends.')

const server = await startClickHouse()
for (const sql of flatTraces.ddl({ database: 'd' })) await server.query(sql)
await server.query('SYSTEM STOP MERGES')
await compareContents()
const measured = Object.fromEntries(Object.keys(ways).map((name) => [name, []]))
for (let round = -WARM_UP; round < ROUNDS; round++)
  for (const [name, way] of Object.entries(ways)) {
    const one = await measure(way)
    if (round >= 0) measured[name].push(one)
  }
await server.stop()

console.log(
  `Node ${process.version}, load ${machineLoad()}, ${SPANS} spans an INSERT, ${ROUNDS} rounds; µs of CPU a span: median (lowest to highest)`,
)
for (const [name, list] of Object.entries(measured))
  say(name, list, ['row', 'gzip', 'server', 'all', 'bytes'])

console.log(`the first ${2 * SPANS} rows of a process, µs of CPU a row`)
const first = Object.fromEntries(Object.keys(writers).map((name) => [name, []]))
for (let round = 0; round < ROUNDS; round++)
  for (const [name, list] of Object.entries(first)) {
    const args = ['--expose-gc', fileURLToPath(import.meta.url), '--first', name]
    list.push(JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })))
  }
for (const [name, list] of Object.entries(first)) say(name, list, ['main', 'all'])

function say(name, list, whats) {
  const show = (what) => {
    const { median, low, high } = summary(list.map((one) => one[what]))
    return `${what} ${number(median, 2)} (${number(low, 2)} to ${number(high, 2)})`
  }
  console.log(`  ${name.padEnd(21)} ${whats.map(show).join(', ')}`)
}

/** The main thread's CPU time a row, and that of all threads: V8 compiles on others. */
function firstRows(write) {
  globalThis.gc()
  const before = cpuTimes()
  write()
  write()
  const { mainUs, allUs } = cpuTimes()
  return { main: (mainUs - before.mainUs) / (2 * SPANS), all: (allUs - before.allUs) / (2 * SPANS) }
}

async function measure({ write, statement }) {
  const started = cpuTimes().mainUs
  const raw = write()
  const written = cpuTimes().mainUs
  const body = gzipSync(raw, AS_SENT)
  const compressed = cpuTimes().mainUs
  await server.query('TRUNCATE TABLE d.traces')
  const before = serverUs()
  for (let n = 0; n < INSERTS; n++) await insert(statement, body)
  const row = (written - started) / SPANS
  const gzip = (compressed - written) / SPANS
  const inServer = (serverUs() - before) / (SPANS * INSERTS)
  return { row, gzip, server: inServer, all: row + gzip + inServer, bytes: body.length / SPANS }
}

/** Throws unless the table holds the same after each way. */
async function compareContents() {
  const found = new Set()
  for (const { write, statement } of Object.values(ways)) {
    await server.query('TRUNCATE TABLE d.traces')
    await insert(statement, gzipSync(write()))
    found.add(await server.query('SELECT count(), sum(cityHash64(*)) FROM d.traces FORMAT TSV'))
  }
  if (found.size !== 1 || ![...found][0].startsWith(`${SPANS}\t`))
    throw new Error(`The ways do not write the same rows: ${[...found].join(', ')}`)
}

async function insert(statement, body) {
  const url = new URL(server.url)
  url.search = new URLSearchParams({
    query: statement,
    min_insert_block_size_rows: '4294967295',
    min_insert_block_size_bytes: '0',
  })
  const sending = request(url, { method: 'POST', headers: { 'Content-Encoding': 'gzip' } })
  sending.end(body)
  const [response] = await once(sending, 'response')
  const text = (await buffer(response)).toString()
  if (response.statusCode !== 200) throw new Error(text)
}

/** CPU time of the server's process in µs, in steps of 10 ms: user and system time of all its threads, also of those that ended. */
function serverUs() {
  const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

/** The statement and the rows of the first INSERT that the exporter sends for these spans. */
async function sentByExporter() {
  let found
  const sink = createServer(async (incoming, response) => {
    const body = await buffer(incoming)
    const { searchParams } = new URL(incoming.url, 'http://sink')
    if (!found && searchParams.has('insert_deduplication_token')) {
      const raw = gunzipSync(body)
      const end = raw.indexOf(NEWLINE)
      found = { statement: raw.toString('utf8', 0, end), rows: raw.subarray(end + 1) }
    }
    response.end()
  }).listen(0, '127.0.0.1')
  await once(sink, 'listening')
  const processor = new ClickHouseSpanProcessor({
    endpoint: `http://127.0.0.1:${sink.address().port}`,
    schema: 'flat',
    database: 'd',
  })
  for (const span of spans) processor.onEnd(span)
  await processor.shutdown()
  sink.close()
  while (!found) await sleep(10)
  return found
}

function ours() {
  const { write, resourceFormOf } = compactRowsOf(flatTraces)
  const encoding = newEncoding({ sparse: true, keyLists: new KeyLists(30_000) })
  encoding.out = writer
  writer.length = 0
  for (const span of spans) {
    encoding.room = ROW_ROOM
    resourceFormOf(span, encoding)
    write(span, encoding)
    encoding.out.byte(NEWLINE)
  }
  return out.subarray(0, writer.length)
}

/** JSONEachRow of these spans by hand: nothing is checked, and no value is of another type than expected. */
function jsonByHand() {
  at = 0
  for (const span of spans) {
    const { traceId, spanId } = span.spanContext()
    const { startTime, endTime, parentSpanContext, status, events, attributes } = span
    const scope = span.instrumentationScope
    raw('{"a":"')
    raw(traceId)
    raw('","b":"')
    raw(spanId)
    if (parentSpanContext) {
      raw('","c":"')
      raw(parentSpanContext.spanId)
    }
    raw('","d":"')
    seconds(startTime)
    raw('","e":"')
    raw(String(between(startTime, endTime)))
    raw('","g":')
    quoted(span.name)
    raw(',"h":"')
    raw(KINDS[span.kind])
    raw('","i":"')
    raw(STATUSES[status.code])
    if (status.message) {
      raw('","j":')
      quoted(status.message)
    } else raw('"')
    raw(',"k":')
    quoted(scope.name)
    raw(',"l":')
    quoted(scope.version)
    if (events.length > 0) {
      raw(',"m":["')
      seconds(events[0].time)
      raw('"],"n":[')
      quoted(events[0].name)
      raw('],"o":[{')
      let first = true
      for (const key in events[0].attributes) {
        if (!first) raw(',')
        first = false
        quoted(key)
        raw(':')
        quoted(events[0].attributes[key])
      }
      raw('}]')
    }
    raw(',"tv":[')
    for (let index = 0; index < keys.length; index++) {
      if (index > 0) raw(',')
      const value = attributes[keys[index]]
      if (typeof value === 'string') quoted(value)
      else {
        raw('"')
        raw(String(value))
        raw('"')
      }
    }
    raw('],"tk":1}\n')
  }
  return out.subarray(0, at)
}

/** The same rows in RowBinary: every column in order, a text after its length, numbers as they are in memory. */
function binaryByHand() {
  at = 0
  for (const span of spans) {
    const { traceId, spanId } = span.spanContext()
    const { startTime, endTime, parentSpanContext, status, events, attributes } = span
    const scope = span.instrumentationScope
    text(traceId)
    text(spanId)
    text(parentSpanContext ? parentSpanContext.spanId : '')
    nanoseconds(startTime)
    const duration = between(startTime, endTime)
    view.setUint32(at, duration % 0x1_0000_0000, true)
    view.setUint32(at + 4, duration / 0x1_0000_0000, true)
    at += 8
    out[at++] = 0 // trace_state
    text(span.name)
    text(KINDS[span.kind])
    text(STATUSES[status.code])
    text(status.message ?? '')
    text(scope.name)
    text(scope.version)
    out[at++] = events.length
    for (const event of events) nanoseconds(event.time)
    out[at++] = events.length
    for (const event of events) text(event.name)
    out[at++] = events.length
    for (const event of events) {
      const names = Object.keys(event.attributes)
      out[at++] = names.length
      for (const name of names) {
        text(name)
        text(event.attributes[name])
      }
    }
    for (let column = 0; column < 5; column++) out[at++] = 0 // four columns of links, a map of attributes
    view.setUint16(at, 1, true)
    at += 2
    out[at++] = keys.length
    for (let index = 0; index < keys.length; index++) {
      const value = attributes[keys[index]]
      text(typeof value === 'string' ? value : String(value))
    }
  }
  return out.subarray(0, at)
}

/** ASCII without a character that JSON escapes. */
function raw(ascii) {
  for (let index = 0; index < ascii.length; index++) out[at++] = ascii.charCodeAt(index)
}

/** A text in JSON. */
function quoted(value) {
  const start = at
  out[at++] = 0x22
  if (value.length < SHORT) {
    let index = 0
    for (; index < value.length; index++) {
      const code = value.charCodeAt(index)
      if (code < 0x20 || code > ASCII || code === 0x22 || code === 0x5c) break
      out[at++] = code
    }
    if (index === value.length) {
      out[at++] = 0x22
      return
    }
  }
  at = start
  at += out.utf8Write(JSON.stringify(value), at)
}

/** A text of RowBinary. The length of a short one needs one byte, known before its bytes are. */
function text(value) {
  if (value.length < SHORT) {
    const start = at++
    let index = 0
    for (; index < value.length; index++) {
      const code = value.charCodeAt(index)
      if (code > ASCII) break
      out[at++] = code
    }
    if (index === value.length) {
      out[start] = index
      return
    }
    at = start
  }
  let length = Buffer.byteLength(value)
  for (; length > ASCII; length >>>= 7) out[at++] = (length & ASCII) | 0x80
  out[at++] = length
  at += out.utf8Write(value, at)
}

function between([startSeconds, startNanos], [endSeconds, endNanos]) {
  return (endSeconds - startSeconds) * 1e9 + endNanos - startNanos
}

function seconds([whole, nanos]) {
  raw(String(whole))
  raw('.')
  raw(String(nanos).padStart(9, '0'))
}

/** Int64, from two products that a double can hold. */
function nanoseconds([whole, nanos]) {
  const high = Math.floor(whole / 65_536) * 1e9
  const low = (whole % 65_536) * 1e9 + nanos
  const lowest = (high % 65_536) * 65_536 + (low % 0x1_0000_0000)
  view.setUint32(at, lowest % 0x1_0000_0000, true)
  view.setUint32(
    at + 4,
    Math.floor(high / 65_536) + Math.floor(low / 0x1_0000_0000) + (lowest >= 0x1_0000_0000 ? 1 : 0),
    true,
  )
  at += 8
}
