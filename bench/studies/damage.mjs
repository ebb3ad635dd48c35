// How ClickHouse answers damaged bodies of each codec: cut at many places, or with one bit flipped, with a Content-Length that
// fits, as a proxy may leave them. Prints how many were answered 200, and the rows stored.
//   node bench/studies/damage.mjs
import * as zlib from 'node:zlib'
import { startClickHouse } from '@spanhouse/local-clickhouse'

const ROWS = 5000
const CUTS = 40
const FLIPS = 60

const raw = Buffer.from(
  Array.from(
    { length: ROWS },
    (_, n) => `{"n":${n},"text":"row ${(n * 7919) % ROWS} of many"}\n`,
  ).join(''),
)
const { constants } = zlib
const codecs = {
  gzip: zlib.gzipSync(raw, { level: 3 }),
  br: zlib.brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  ...(zlib.zstdCompressSync && {
    zstd: zlib.zstdCompressSync(raw),
    'zstd, with a checksum': zlib.zstdCompressSync(raw, {
      params: { [constants.ZSTD_c_checksumFlag]: 1 },
    }),
  }),
}

const server = await startClickHouse()
await server.query('CREATE TABLE damaged (n UInt32, text String) ENGINE = MergeTree ORDER BY n')
console.log(`Node ${process.version}, ${ROWS} rows, ${CUTS} cuts, ${FLIPS} flipped bits`)
for (const [name, body] of Object.entries(codecs)) {
  const cut = await answers(name, CUTS, (n) =>
    body.subarray(0, Math.ceil((body.length * n) / (CUTS + 1))),
  )
  const flipped = await answers(name, FLIPS, (n) => {
    const bytes = Buffer.from(body)
    bytes[Math.floor((body.length * (n - 1)) / FLIPS)] ^= 1 << (n % 8)
    return bytes
  })
  console.log(`${name.padEnd(24)} cut: ${cut}    one bit flipped: ${flipped}`)
}
await server.stop()

async function answers(name, times, damage) {
  let accepted = 0
  await server.query('TRUNCATE TABLE damaged')
  for (let n = 1; n <= times; n++) {
    const reply = await fetch(
      `${server.url}/?query=${encodeURIComponent('INSERT INTO damaged FORMAT JSONEachRow')}`,
      {
        method: 'POST',
        body: damage(n),
        headers: { 'content-encoding': name.split(',')[0] },
      },
    )
    await reply.text()
    if (reply.ok) accepted++
  }
  const stored = (await server.query('SELECT count() FROM damaged')).trim()
  return `${accepted} of ${times} answered 200, ${stored} rows stored`
}
