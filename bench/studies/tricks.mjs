// What each micro-optimisation of the encoder gains: the CPU time of a compact row without it, compared with the code as it is. The table
// "Micro-optimisations" in ARCHITECTURE.md comes from here. A trick is switched off by replacing text in a copy of the built package; each
// round is a process that takes turns among all copies. `long` means the reference spans with a text of 300 characters more. The first row
// is a copy in which nothing is replaced: it shows the noise.
//   npm run build && node bench/studies/tricks.mjs [reference|shop|long] [trick …] [--rounds 9]
// With --rounds 0 it measures nothing, and fails if the code has changed where a trick is taken out.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { change, number, summary } from '../figures.mjs'
import { machineLoad } from '../machine.mjs'
import { showProgress } from '../measure.mjs'
import { shapes } from '../records/feed.mjs'
import { asText } from '../report/tables.mjs'

const BUILT = fileURLToPath(new URL('../../packages/transform/dist/esm', import.meta.url))
const SHAPES = ['reference', 'shop', 'long']
const NOTHING = '(nothing)'
const SPANS = 1000
const WARM_UP = 20
const PASSES = 40

const withUtf8 = [
  'length: utf8.length,\n\t\tdoubles',
  'length: utf8.length,\n\t\tutf8,\n\t\tdoubles',
]

/** By name: the file in packages/transform/src, and the texts to replace. */
const tricks = {
  'members of resource and scope once': {
    file: 'row/once-per-object.ts',
    without: [
      ['if (known !== void 0 && attempt', 'if (false && attempt'],
      ['if (identity) knownOf.set', 'if (false) knownOf.set'],
    ],
  },
  'ordinary attributes in one pass': {
    file: 'attributes/ordinary.ts',
    otherRows: true, // attributes read value by value keep their keys in the row
    without: [['if (dropped !== NONE_DROPPED || !isObject(attributes))', 'if (true)']],
  },
  'digits from tables': {
    file: 'writing/digits.ts',
    without: [
      ['writeDigits(out, value) {', 'writeDigits(out, value) { return out.text(String(value));'],
      [
        'writeNine(out, value) {',
        'writeNine(out, value) { return out.text(String(value).padStart(9, "0"));',
      ],
      [
        'writeNumber(out, value) {',
        'writeNumber(out, value) { return out.text(Object.is(value, -0) ? "-0" : String(value));',
      ],
    ],
  },
  'fractions as whole numbers': {
    file: 'writing/digits.ts',
    without: [['if (millionths < ', 'if (false && millionths < ']],
  },
  'short text in JavaScript': {
    file: 'writing/json-text.ts',
    without: [['if (fitting.length < 48 && ', 'if (false && ']],
  },
  'long text by a native call': {
    file: 'writing/json-text.ts',
    without: [['if (fitting.length < 48 && ', 'if (']],
  },
  'escapes found four bytes at a time': {
    file: 'writing/json-text.ts',
    without: [['for (; at + 4 <= end; at += 4) {', 'for (; false; at += 4) {']],
  },
  'pieces as doubles (not byte by byte)': {
    file: 'writing/byte-writer.ts',
    without: [
      withUtf8,
      [
        'piece({ length, doubles }) {',
        `piece({ length, utf8 }) {
          this.reserve(length);
          const { bytes } = this;
          for (let index = 0, at = this.length; index < length; index++) bytes[at++] = utf8[index];
          this.length += length;
          return;`,
      ],
    ],
  },
  'pieces as doubles (not by set)': {
    file: 'writing/byte-writer.ts',
    without: [
      withUtf8,
      [
        'piece({ length, doubles }) {',
        `piece({ length, utf8 }) {
          this.reserve(length);
          this.bytes.set(utf8, this.length);
          this.length += length;
          return;`,
      ],
    ],
  },
  'recent texts': {
    file: 'writing/recent-texts.ts',
    without: [['if (length < SHORTEST || length > LONGEST$2 || length > room)', 'if (true)']],
  },
  'ids checked while copied': {
    file: 'types/hex-id.ts',
    without: [
      [
        'function writeHex(value, encoding) {',
        'function writeHex(value, encoding) { return /^[0-9a-f]+$/.test(value) && /[^0]/.test(value) && (writeText(value, encoding), true);',
      ],
    ],
  },
  'a guess of the next key': {
    file: 'attributes/path.ts',
    without: [['return guess?.name === name ? guess : ', 'return ']],
  },
  'times of the SDK taken as they are': {
    file: 'values/time.ts',
    without: [['if (isStorable(value)) return value;', '']],
  },
  'empty lists not copied': {
    file: 'values/list.ts',
    without: [['if (Array.isArray(list) && list.length === 0) return NO_ITEMS;', '']],
  },
  'one try for three dropped counts': {
    file: 'span/attributes.ts',
    without: [['limits.linkCount === void 0 && isComplete(span)', 'false']],
  },
}

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    measure: { type: 'string', multiple: true }, // in a child: the folders of the copies
  },
  allowPositionals: true,
})
const shape = SHAPES.includes(positionals[0]) ? positionals.shift() : 'reference'
if (values.measure) console.log(JSON.stringify(await measure(values.measure)))
else study(Number(values.rounds), positionals.length > 0 ? positionals : Object.keys(tricks))

function study(rounds, names) {
  const temporary = mkdtempSync(join(tmpdir(), 'spanhouse-tricks-'))
  process.on('exit', () => rmSync(temporary, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
  const unchanged = copy(join(temporary, 'unchanged'), [])
  const folders = new Map([[NOTHING, copy(join(temporary, 'nothing'), [])]])
  for (const [index, name] of names.entries()) {
    if (!tricks[name]) throw new Error(`There is no trick of the name ${name}.`)
    folders.set(name, copy(join(temporary, String(index)), tricks[name].without, name))
  }

  if (rounds === 0) return // only whether each trick has its place in the built code

  console.log(`Node ${process.version}, ${shape}, rounds: ${rounds}, load ${machineLoad()}`)
  const costs = []
  const ratios = new Map([...folders.keys()].map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    showProgress(`round ${round + 1} of ${rounds}`)
    const measured = inChild(shuffled([unchanged, ...folders.values()]))
    const before = measured[unchanged]
    costs.push(before.us)
    for (const [name, folder] of folders) {
      const { us, hash } = measured[folder]
      if (hash !== before.hash && !tricks[name]?.otherRows)
        throw new Error(`Other rows come out without: ${name}`)
      ratios.get(name).push(us / before.us)
    }
  }
  showProgress('')
  console.log(`A row costs ${number(summary(costs).median, 2)} µs. Without …\n`)
  console.log(asText(table(ratios)))
}

function table(ratios) {
  return {
    header: ['', 'file', 'it costs more', 'lowest–highest'],
    rows: [...ratios].map(([name, values]) => {
      const [median, low, high] = Object.values(summary(values)).map(change)
      return [name, tricks[name]?.file ?? '', median, `${low} – ${high}`]
    }),
  }
}

/** A copy of the built package in which each of the texts, which must occur exactly once, is replaced. */
function copy(folder, replacements, name) {
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  for (const file of ['index.js', 'internal.js']) cpSync(join(BUILT, file), join(folder, file))
  let code = readFileSync(join(BUILT, 'code.js'), 'utf8')
  // Otherwise the copy that is loaded first would be everybody's: see "Builds and tests" in ARCHITECTURE.md.
  for (const [from, to] of [['Symbol.for(', 'Symbol('], ...replacements]) {
    const found = code.split(from).length - 1
    if (found !== 1) throw new Error(`${name}: ${found} times in code.js, not once: ${from}`)
    code = code.replace(from, () => to)
  }
  writeFileSync(join(folder, 'code.js'), code)
  return folder
}

/** What is loaded later is slower by some percent. */
function shuffled(list) {
  const drawn = list.map((one) => ({ one, lot: Math.random() }))
  return drawn.sort((a, b) => a.lot - b.lot).map(({ one }) => one)
}

function inChild(folders) {
  const options = folders.flatMap((folder) => ['--measure', folder])
  const self = fileURLToPath(import.meta.url)
  return JSON.parse(execFileSync(process.execPath, [self, shape, ...options], { encoding: 'utf8' }))
}

/** The cost of a row with each of the copies, in turns, and a hash of the rows. */
async function measure(folders) {
  const spans = makeSpans()
  const encoders = await Promise.all(folders.map((folder) => encoder(folder, spans)))
  for (let n = 0; n < WARM_UP; n++) for (const { pass } of encoders) pass()
  const least = encoders.map(() => Number.POSITIVE_INFINITY)
  for (let n = 0; n < PASSES; n++)
    for (const [index, { pass }] of encoders.entries()) {
      const before = process.cpuUsage()
      pass()
      const { user, system } = process.cpuUsage(before)
      least[index] = Math.min(least[index], user + system)
    }
  return Object.fromEntries(
    encoders.map(({ hash }, n) => [folders[n], { us: least[n] / SPANS, hash: hash() }]),
  )
}

async function encoder(folder, spans) {
  const from = (file) => import(pathToFileURL(join(folder, file)).href)
  const { flatTraces } = await from('index.js')
  const { compactRowsOf, KeyLists, newEncoding, ROW_ROOM } = await from('internal.js')
  const { write } = compactRowsOf(flatTraces)
  const out = newEncoding().out
  const pass = () => {
    out.length = 0
    const encoding = newEncoding({ out, sparse: true, keyLists: new KeyLists(30_000) })
    for (const span of spans) {
      encoding.room = ROW_ROOM
      write(span, encoding)
    }
  }
  return { pass, hash: () => createHash('sha1').update(out.toString()).digest('hex') }
}

function makeSpans() {
  if (shape !== 'long') return shapes[shape].make(SPANS)
  const spans = shapes.reference.make(SPANS)
  for (const [n, { attributes }] of spans.entries())
    attributes['db.query.text'] = `SELECT name, price FROM products WHERE id = ${n} `.padEnd(
      300,
      'and category is one of these ',
    )
  return spans
}
