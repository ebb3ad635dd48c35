// CPU time of a row with each micro-optimisation of the encoder switched off, compared with the code as it is. ARCHITECTURE.md lists them.
//   node bench/studies/tricks.mjs [reference|shop|long] [part of a name]
// Each variant is the built transform with one piece of its code replaced. Variants are measured in turn, each in processes of its own.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { shapes } from '../spans/feed.mjs'

const BUILT = fileURLToPath(new URL('../../packages/transform/dist', import.meta.url))
const SPANS = 3000
const ROUNDS = 7
const [WARM_UPS, RUNS] = [8, 15]

// A copy of bytes that can be written without the doubles.
const WITH_BYTES = [
  'length: utf8.length,\n\t\tdoubles',
  'length: utf8.length,\n\t\tutf8,\n\t\tdoubles',
]
const KEEP_BYTES = [
  'out.fill(lastWritten, start);',
  'lastWritten.utf8.set(out.bytes.subarray(start, at));',
]
const asBytes = (copy) => [
  WITH_BYTES,
  KEEP_BYTES,
  [
    'piece({ length, doubles }) {',
    `piece({ length, utf8 }) { this.reserve(length); ${copy} return;`,
  ],
]
/** What is replaced in the code to do without a trick. Each text must be in it exactly once. */
const TRICKS = {
  'columns of resource and scope once per object': [
    ['if (known !== void 0 && attempt', 'if (false && attempt'],
  ],
  'ordinary attributes in one pass': [
    [
      'if (dropped !== NONE_DROPPED || !isObject(attributes)) return void 0;\n\tconst { out',
      'return void 0;\n\tconst { out',
    ],
  ],
  'digits from tables': [
    [
      'function writeDigits(out, value) {',
      'function writeDigits(out, value) { out.text(String(value)); return;',
    ],
    [
      'function writeNine(out, value) {',
      'function writeNine(out, value) { out.text(String(value).padStart(9, "0")); return;',
    ],
    [
      'function writeNumber(out, value) {',
      'function writeNumber(out, value) { out.text(String(value)); return;',
    ],
  ],
  'short texts in a loop': [['fitting.length < SHORT && writeAscii', 'false && writeAscii']],
  'long texts by a native call': [['fitting.length < SHORT && writeAscii', 'writeAscii']],
  'four bytes at a time': [['for (; at + 4 <= end; at += 4) {', 'for (; false; at += 4) {']],
  'doubles instead of set()': asBytes('this.bytes.set(utf8, this.length); this.length += length;'),
  'doubles instead of bytes': asBytes(
    'for (let i = 0; i < length; i++) this.bytes[this.length++] = utf8[i];',
  ),
  'ids in one loop': [
    [
      'if (typeof value !== "string") return writeOther(value, encoding);',
      'return writeOther(value, encoding);',
    ],
  ],
  'the last trace id': [
    ['value === lastTraceId) {', 'false) {'],
    ['if (length === TRACE_ID_LENGTH && traits !== 0) {', 'if (false) {'],
  ],
  'guess of the next key': [['if (guess !== void 0 && guess.name === name) return guess;', '']],
  'recent texts': [
    ['if (length < SHORTEST || length > LONGEST || length > encoding.room) {', 'if (true) {'],
  ],
  'the last resource': [
    ['last?.source === source ? last : knownOf.get(source)', 'knownOf.get(source)'],
  ],
  'the last key list': [['if (list === this.#last) return this.#lastNumber;', '']],
  'times that can be stored as they are': [['if (isStorable(value)) return value;', '']],
}

if (process.env.TRICKS_VARIANT) {
  console.log(await costOf(process.env.TRICKS_VARIANT, process.argv[2]))
  process.exit()
}

const [shape = 'reference', part = ''] = process.argv.slice(2)
const names = Object.keys(TRICKS).filter((name) => name.includes(part))
const home = mkdtempSync(join(tmpdir(), 'spanhouse-tricks-'))
process.on('exit', () => rmSync(home, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

const code = readFileSync(join(BUILT, 'esm/code.js'), 'utf8')
const variants = new Map([['as it is', variant(0, [])]])
for (const name of names) variants.set(name, variant(variants.size, TRICKS[name], name))
const costs = new Map([...variants.keys()].map((name) => [name, []]))
for (let round = 0; round < ROUNDS; round++)
  for (const [name, folder] of variants) costs.get(name).push(measured(folder))

const base = costs.get('as it is')
console.log(
  `Node ${process.version}, ${shape} spans: ${median(base).toFixed(3)} µs a row, ${ROUNDS} rounds`,
)
for (const name of names) {
  const ratios = costs.get(name).map((cost, round) => cost / base[round])
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)]
  console.log(
    `  ${name.padEnd(46)} ${percent(median(ratios)).padStart(8)}  (${percent(least)} to ${percent(most)})`,
  )
}

/** A copy of the built package without a trick. */
function variant(number, replacements, name) {
  const folder = join(home, String(number))
  cpSync(BUILT, folder, { recursive: true })
  let changed = code
  for (const [from, to] of replacements) {
    const found = changed.split(from).length - 1
    if (found !== 1)
      throw new Error(`"${name}": ${found} times in the built code instead of once: ${from}`)
    changed = changed.replace(from, () => to)
  }
  writeFileSync(join(folder, 'esm/code.js'), changed)
  return join(folder, 'esm')
}

function measured(folder) {
  const env = { ...process.env, TRICKS_VARIANT: folder }
  const self = fileURLToPath(import.meta.url)
  return Number(execFileSync(process.execPath, [self, shape], { env, encoding: 'utf8' }))
}

/** CPU time of a compact row in µs: the best of several runs. */
async function costOf(folder, shape) {
  const { flatTraces } = await import(join(folder, 'index.js'))
  const { compactRowsOf, KeyLists, newEncoding, ROW_ROOM } = await import(
    join(folder, 'internal.js')
  )
  const spans = spansOf(shape)
  const { write } = compactRowsOf(flatTraces)
  const run = () => {
    const encoding = newEncoding({ sparse: true, keyLists: new KeyLists(30_000) })
    for (const span of spans) {
      encoding.room = ROW_ROOM
      if (encoding.out.length > 1e6) encoding.out.length = 0
      write(span, encoding)
    }
  }
  for (let n = 0; n < WARM_UPS; n++) run()
  let best = Number.POSITIVE_INFINITY
  for (let n = 0; n < RUNS; n++) {
    const before = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, user + system)
  }
  return best / spans.length
}

function spansOf(shape) {
  if (shape !== 'long') return shapes[shape].make(SPANS)
  const text = 'SELECT a, b, c FROM orders WHERE customer = 42 AND state = 7 '.repeat(5)
  return shapes.reference.make(SPANS).map((span, n) => ({
    ...span,
    spanContext: () => span.spanContext(),
    attributes: { ...span.attributes, 'db.query.text': `${text}${n}` },
  }))
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}

function percent(ratio) {
  const change = (ratio - 1) * 100
  return `${change < 0 ? '−' : '+'}${Math.abs(change).toFixed(1)} %`
}
