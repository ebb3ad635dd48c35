// Writes the results of long runs and mutants into docs/reliability.md, between its markers, so that nobody types a figure by hand.
// `node scripts/reliability.mjs`; `npm run test:long` ends with it.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const DOCUMENT = 'docs/reliability.md'
const FOLDER = 'docs/reliability'
const NOT_YET = 'None has been committed yet.'

// The names that the tests use for these figures.
const LOST = ['rows lost', 'lost', 'missing']
const DOUBLED = ['rows doubled', 'duplicated', 'stored twice']
const ALTERED = ['rows altered']
const FOREIGN = ['rows of nobody']
const ROWS = ['spans', 'spans made', 'spans acknowledged', 'rows acknowledged', 'rows']
const KILLS = ['processes killed', 'kills']
const SIGNALS = { traces: 'spans', logs: 'log records', metrics: 'data points' }
const RECOVERY = /^ms (?:to first rows|from return to first rows|after a line)/

export function writeReliability() {
  const runs = readdirSync(FOLDER)
    .filter((name) => /^seed-\d+\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')))
    .sort((a, b) => a.seed - b.seed)
  const mutants = join(FOLDER, 'mutants.json')
  const before = readFileSync(DOCUMENT, 'utf8')
  let text = between(before, 'runs', runs.length > 0 ? runsTable(runs) : NOT_YET)
  text = between(text, 'signals', signalsTable(runs) ?? NOT_YET)
  text = between(text, 'faults', runs.length > 0 ? faultsTable(runs) : NOT_YET)
  text = between(
    text,
    'mutants',
    existsSync(mutants) ? mutantsTable(JSON.parse(readFileSync(mutants, 'utf8'))) : NOT_YET,
  )
  if (text !== before) writeFileSync(DOCUMENT, text)
}

function runsTable(runs) {
  const each = (of) => runs.map((run) => of(run))
  const summed = (names) => each(({ figures }) => count(sum(figures, names)))
  const chaos = (name) =>
    each(({ figures }) => count(figures.find(({ test }) => test === 'chaos')?.[name]))
  return table(
    ['', ...each(({ seed }) => `seed ${seed}`)],
    [
      ['result', ...each(verdict)],
      ['day', ...each(({ startedAt }) => startedAt.slice(0, 10))],
      ['length', ...each(({ seconds }) => `${Math.round(seconds / 60)} min`)],
      [
        'machine',
        ...each(
          ({ node, platform, cores, load }) =>
            `${platform}, ${cores} cores, Node ${node.slice(1)}${load > cores ? ', busy with other things' : ''}`,
        ),
      ],
      ['faults injected', ...each((run) => count(total(faultsIn(run))))],
      ['kinds of faults', ...each((run) => count(kindsIn(run)))],
      ['processes and servers killed', ...summed(KILLS)],
      ['rows looked for in tables', ...each(({ figures }) => count(rowsIn(figures)))],
      ['**lost**', ...summed(LOST)],
      ['**doubled**', ...summed(DOUBLED)],
      ['**altered, or never sent**', ...summed([...ALTERED, ...FOREIGN])],
      ['outages of the chaos run', ...chaos('outages')],
      ['ms from the end of an outage to the first rows, p50', ...chaos('ms to recover, p50')],
      ['the same, p99', ...chaos('ms to recover, p99')],
      [
        'ms to recover in the other tests, slowest',
        ...each(({ figures }) => count(Math.max(...figures.flatMap(recoveriesIn)))),
      ],
    ],
  )
}

/** What was measured for each signal, in all runs together: sums, and the slowest of times. Undefined if no run has figures of signals. */
function signalsTable(runs) {
  const all = runs.flatMap(({ figures }) => figures).filter(({ signal }) => signal)
  if (all.length === 0) return undefined
  const each = (value) =>
    Object.keys(SIGNALS).map((signal) => value(all.filter((one) => one.signal === signal)))
  const summed = (names) => each((figures) => count(sum(figures, names)))
  const slowest = (test, name) =>
    each((figures) => {
      const found = figures.filter(({ of }) => of.startsWith(test)).map((one) => one[name])
      return count(Math.max(...found))
    })
  const firstRows = 'ms from return to first rows'
  return table(
    ['', ...Object.values(SIGNALS)],
    [
      ['rows looked for in tables', ...each((figures) => count(rowsIn(figures)))],
      ['**lost**', ...summed(LOST)],
      ['**doubled**', ...summed(DOUBLED)],
      ['rows acknowledged by processes that were killed', ...summed(['rows acknowledged'])],
      [
        'ms from the return of a killed server to the first rows',
        ...slowest('outage of a killed server', firstRows),
      ],
      [
        'ms until what had waited was stored',
        ...slowest('outage of a killed server', 'ms from return to drained'),
      ],
      ['ms to the first rows after other outages', ...slowest('recovery after', firstRows)],
      [
        'ms of `forceFlush()` of the provider, 1500 rows, healthy server',
        ...slowest('forceFlush of 1500 rows', 'milliseconds'),
      ],
      [
        'ms from the end of a script with 3000 rows to its exit',
        ...slowest('a script that ends, ', 'ms from its end to its exit'),
      ],
      [
        'ms of `shutdown()` with a dead server and a spool',
        ...slowest('shutdown with a dead destination', 'ms of shutdown'),
      ],
    ],
  )
}

function verdict({ passed, tests }) {
  if (!tests) return passed ? 'passed' : '**failed**'
  return `${passed ? '' : '**failed** '}${tests.passed} passed${tests.failed > 0 ? `, ${tests.failed} failed` : ''}`
}

function faultsTable(runs) {
  const found = runs.map(faultsIn)
  const groups = [...new Set(found.flatMap((one) => Object.keys(one)))].sort()
  return table(
    ['test', 'kinds', ...runs.map(({ seed }) => `seed ${seed}`)],
    groups.map((group) => {
      const kinds = new Set(found.flatMap((one) => Object.keys(one[group] ?? {})))
      const counts = found.map((one) => count(total({ [group]: one[group] ?? {} })))
      return [group, kinds.size, ...counts]
    }),
  )
}

function mutantsTable(run) {
  const { killed, of, seconds, startedAt, node, platform, cores, breakages } = run
  const files = [...new Set(breakages.map(({ file }) => file))].sort()
  const rows = files.map((file) => {
    const own = breakages.filter((one) => one.file === file)
    const found = own.filter(({ verdict }) => verdict === 'killed')
    return [`\`${file}\``, own.length, found.length]
  })
  const on = `${platform}, ${cores} cores, Node ${node.slice(1)}`
  const later = breakages.filter(({ again, verdict }) => again && verdict === 'killed').length
  const more =
    later > 0 ? `; ${later} of them later, after tests were mended or mistakes were added` : ''
  return (
    `${killed} of ${of} were found, on ${startedAt.slice(0, 10)} (${on}) in ${Math.round(seconds / 60)} minutes${more}. ` +
    `Each with the test that found it: [mutants.json](reliability/mutants.json).\n\n${table(['file', 'mistakes', 'found'], rows)}`
  )
}

/** Counts of faults by kind, by the test that injected them. */
function faultsIn({ figures }) {
  return Object.fromEntries(
    figures.filter(({ faults }) => faults).map(({ test, faults }) => [test, faults]),
  )
}

function kindsIn(run) {
  return Object.values(faultsIn(run)).reduce(
    (kinds, faults) => kinds + Object.keys(faults).length,
    0,
  )
}

function total(groups) {
  return Object.values(groups)
    .flatMap((faults) => Object.values(faults))
    .reduce((all, one) => all + one, 0)
}

function sum(figures, names) {
  const values = figures.flatMap((one) => names.map((name) => one[name] ?? 0))
  return values.filter(Number.isFinite).reduce((all, one) => all + one, 0)
}

/** Counts only tests that also checked which rows were lost. */
function rowsIn(figures) {
  const looked = figures.filter((one) => LOST.some((name) => name in one))
  return looked.reduce((all, one) => all + (one[ROWS.find((name) => name in one)] ?? 0), 0)
}

function recoveriesIn(figure) {
  return Object.entries(figure).flatMap(([name, ms]) => (RECOVERY.test(name) ? [ms] : []))
}

function count(value) {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : '–'
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}

function between(text, name, content) {
  const [begin, end] = [`<!-- reliability:${name} -->`, `<!-- /reliability:${name} -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${DOCUMENT} has no ${begin} … ${end}`)
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeReliability()
