// CPU time and bytes of a span with each codec and level, compressed in one batch of 10,000. The default level was chosen by it.
//   node bench/studies/levels.mjs
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { flatTraces } from '@spanhouse/transform'
import { compactRowsOf, KeyLists, newEncoding, ROW_ROOM } from '@spanhouse/transform/internal'
import { shapes } from '../records/feed.mjs'

const SPANS = 10_000
const TIMES = 5
const NEWLINE = 0x0a
const FILTERED = { strategy: constants.Z_FILTERED, memLevel: constants.Z_MAX_MEMLEVEL }

const spans = shapes.reference.make(SPANS)
const { write } = compactRowsOf(flatTraces)
const compact = compactRows(new KeyLists(30_000))
const withKeys = compactRows(undefined)
const whole = Buffer.from(spans.map((span) => `${flatTraces.toLine(span)}\n`).join(''))

console.log(
  `Node ${process.version}, spans of 11 attributes, a resource of 12; CPU of the best of ${TIMES}`,
)
for (const [name, raw] of Object.entries({
  compact,
  'compact (keys in each)': withKeys,
  whole,
})) {
  console.log(`${name} rows: ${(raw.length / SPANS).toFixed(0)} bytes a span`)
  for (const level of [1, 2, 3, 4, 5, 6]) show(`gzip ${level}`, () => gzipSync(raw, { level }))
  // As the exporter sends them.
  for (const level of [3, 4, 5, 6])
    show(`gzip ${level}, filtered`, () => gzipSync(raw, { ...FILTERED, level }))
  for (const quality of [0, 1, 2, 3, 4])
    show(`brotli ${quality}`, () =>
      brotliCompressSync(raw, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: quality,
          [constants.BROTLI_PARAM_SIZE_HINT]: raw.length,
        },
      }),
    )
}

function compactRows(keyLists) {
  const encoding = newEncoding({ sparse: true, keyLists })
  for (const span of spans) {
    encoding.room = ROW_ROOM
    write(span, encoding)
    encoding.out.byte(NEWLINE)
  }
  return Buffer.from(encoding.out.toString())
}

function show(what, compress) {
  let least = Number.POSITIVE_INFINITY
  let bytes = 0
  for (let n = 0; n < TIMES; n++) {
    const before = process.cpuUsage()
    bytes = compress().length
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, user + system)
  }
  const [us, size] = [(least / SPANS).toFixed(2), (bytes / SPANS).toFixed(1)]
  console.log(`  ${what.padEnd(17)} ${us.padStart(6)} µs ${size.padStart(7)} bytes`)
}
