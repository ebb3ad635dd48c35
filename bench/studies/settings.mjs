// Which settings of a user's profile change the result of our INSERT, its retry or our DDL. Each setting of the server gets a bad
// value, overridden by the settings that we send. Settings are tried a dozen at a time; if a dozen makes a difference, it is halved
// until the settings at fault are found. Prints each of them: "with an error", or "SILENT" without one. Takes about ten minutes.
//   node bench/studies/settings.mjs [PART_OF_A_NAME]
import { once } from 'node:events'
import { createServer } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'
import { startClickHouse } from '@spanhouse/local-clickhouse'
import { otelTraces } from '@spanhouse/transform'

const ROWS = 120
const AT_ONCE = 12
const only = process.argv[2] ?? ''
// Settings of other formats and storage, limits on what a query may use, and injected faults.
const PASSED_OVER =
  /^(s3|azure|hdfs|iceberg|kafka|output_format|mysql|postgresql|distributed_cache|filesystem_cache|delta_lake|backup_|sleep_|allow_ddl|readonly|max_(memory|parser|ast|query_size|expanded|temporary|columns|subquery|local_write|sessions)|.*fault)/
// Settings that have an effect only together.
const TOGETHER = [
  { max_execution_time: 0.001, timeout_overflow_mode: 'break' },
  { max_result_rows: 10, result_overflow_mode: 'break' },
  { max_rows_to_read: 10, read_overflow_mode: 'break' },
  { max_rows_to_group_by: 5, group_by_overflow_mode: 'any' },
  { min_insert_block_size_rows: 10, min_insert_block_size_bytes: 0, max_insert_block_size: 10 },
  { min_insert_block_size_rows: 0, min_insert_block_size_bytes: 10, max_insert_block_size: 10 },
  { async_insert: 1, wait_for_async_insert: 0 },
  { additional_table_filters: "{'d.otel_traces': '0'}" },
  { session_timezone: 'America/New_York' },
  ...['18.1', '21.8', '24.8'].map((compatibility) => ({ compatibility })),
]

const server = await startClickHouse()
const forms = { compact: await captured(1), whole: await captured(ROWS) }
const ours = Object.fromEntries(
  [...forms.compact.settings].filter(([name]) => name !== 'query' && name !== 'query_id'),
)
for (const statement of otelTraces.ddl({ database: 'd' })) await server.query(statement)
await server.query('SYSTEM STOP MERGES')
const expected = await comesTo({})
console.log(`Without any: ${expected}`)
for (const one of TOGETHER) await tryAll([one])
const candidates = []
for (const { name, value, type } of await settingsOfServer())
  if (!PASSED_OVER.test(name) && name.includes(only))
    for (const bad of await badValues(name, value, type)) candidates.push({ [name]: bad })
for (let at = 0; at < candidates.length; at += AT_ONCE)
  await tryAll(candidates.slice(at, at + AT_ONCE))
await server.stop()

async function tryAll(list) {
  const found = await comesTo(Object.assign({}, ...list))
  if (found === expected) return
  if (list.length === 1) {
    const loud = found.includes('error')
    console.log(`${loud ? 'with an error' : 'SILENT'}: ${JSON.stringify(list[0])}: ${found}`)
    return
  }
  const half = list.length >> 1
  await tryAll(list.slice(0, half))
  await tryAll(list.slice(half))
}

/** The result, as one text, of both forms: of a batch whose last row is refused, and of a good one sent twice. Then of the DDL. */
async function comesTo(profile) {
  const found = []
  for (const { body } of Object.values(forms)) {
    for (const table of ['otel_traces', 'otel_traces_trace_id_ts'])
      await server.query(`TRUNCATE TABLE d.${table}`)
    const settings = { ...profile, ...ours, insert_deduplication_token: String(Math.random()) }
    const refused = await post(settings, `${body}{"a":["x"],"TraceId":{"x":[]},"Timestamp":"x"}\n`)
    found.push(refused ? 'refused' : 'TOOK A BAD ROW', await state())
    await server.query('TRUNCATE TABLE d.otel_traces')
    for (let attempt = 0; attempt < 2; attempt++)
      found.push(
        await post(
          { ...settings, insert_deduplication_token: `${settings.insert_deduplication_token}2` },
          body,
        ),
      )
    found.push(await state())
  }
  for (const statement of otelTraces.ddl({ database: 'e' }))
    found.push(
      await post(
        {
          ...profile,
          data_type_default_nullable: 0,
          aggregate_functions_null_for_empty: 0,
          enforce_strict_identifier_format: 0,
          limit: 0,
          offset: 0,
        },
        statement,
      ),
    )
  found.push(
    (
      await server.query(
        "SELECT sum(cityHash64(table, name, type, compression_codec)) FROM system.columns WHERE database = 'e'",
      )
    ).trim(),
  )
  await server.query('DROP DATABASE IF EXISTS e SYNC')
  return found.filter((one) => one !== '').join(' ')
}

async function post(settings, body) {
  const url = `${server.url}/?${new URLSearchParams(settings)}`
  const reply = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(30_000) })
  const text = await reply.text()
  return text === '' ? '' : `error ${/Code: (\d+)/.exec(text)?.[1]}`
}

async function state() {
  const text = await server.query(
    `SELECT (SELECT (count(), sum(cityHash64(*))) FROM d.otel_traces), (SELECT (count(), sum(cityHash64(*))) FROM d.otel_traces_trace_id_ts),
       (SELECT count() FROM system.parts WHERE database = 'd' AND table = 'otel_traces' AND active) FORMAT TSV`,
  )
  return text.trim()
}

async function settingsOfServer() {
  const text = await server.query(
    'SELECT name, value, type FROM system.settings FORMAT JSONEachRow',
  )
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

async function badValues(name, value, type) {
  if (/^Bool/.test(type)) return [value === '1' ? 0 : 1]
  if (/Int|MaxThreads/.test(type)) return value === '0' ? [3] : [0, 3]
  if (/Float|Double/.test(type)) return [0.5]
  if (/Seconds|Milliseconds|Timespan/.test(type)) return [1]
  if (/^(String|Map|Char|Timezone)$/.test(type)) return []
  const reply = await fetch(`${server.url}/?${name}=no_such_value`, {
    method: 'POST',
    body: 'SELECT 1',
  })
  const list = /Must be one of \[(.*?)\]/.exec(await reply.text())?.[1] ?? ''
  return [...list.matchAll(/'([^']*)'/g)].map(([, one]) => one).filter((one) => one !== value)
}

/** The INSERT that the exporter sends for spans of that many resources; beyond eight it has whole rows. */
async function captured(resources) {
  let found
  const sink = createServer((request, response) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const { searchParams } = new URL(request.url, 'http://sink')
      if (searchParams.has('insert_deduplication_token')) {
        const query = searchParams.get('query')
        const raw = gunzipSync(Buffer.concat(chunks)).toString()
        // With many resources, keep the largest batch.
        if (raw.length > (found?.bytes ?? 0))
          found = {
            settings: searchParams,
            body: query ? `${query}\n${raw}` : raw,
            bytes: raw.length,
          }
      }
      response.end()
    })
  }).listen(0, '127.0.0.1')
  await once(sink, 'listening')
  const endpoint = `http://127.0.0.1:${sink.address().port}`
  const processor = new ClickHouseSpanProcessor({ endpoint, schema: 'otel', database: 'd' })
  for (let n = 0; n < ROWS; n++) processor.onEnd(span(n, `service ${n % resources}`))
  await processor.forceFlush()
  await processor.shutdown()
  sink.close()
  return found
}

function span(n, service) {
  const text = ['plain', 'it\'s \\ "quoted"\n', 'ü€😀', '', 'NULL', '\\N', '1', '{"a":1}'][n % 8]
  return {
    name: text,
    kind: n % 5,
    spanContext: () => ({
      traceId: String(n % 40).padStart(32, 'a'),
      spanId: String(n).padStart(16, 'b'),
    }),
    startTime: [1_729_627_200 + n, 123_456_789],
    endTime: [1_729_627_201 + n, 5],
    status: { code: n % 3, message: text },
    attributes: n % 7 === 0 ? {} : { text, n, [`key ${n % 4}`]: [text] },
    events: n % 3 === 0 ? [{ time: [1_729_627_200 + n, 7], name: text, attributes: { text } }] : [],
    links: [],
    resource: { attributes: { 'service.name': service } },
    instrumentationScope: { name: 'scope', version: '1' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}
