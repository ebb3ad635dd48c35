// The cost of a span in two checkouts, measured in pairs: this checkout, and an older commit or another folder. Both builds are
// measured by this bench and send to the same sink; only the packages differ. Prints the median of the ratios new / old, with the
// lowest and the highest. `--old HEAD` without changes shows the noise.
//   node bench/studies/pairs.mjs --old <git ref, or path of a built checkout> [--pairs 9] [--ways steady,few,first,exports,first-exports]
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { change, number, spread, summary } from '../figures.mjs'
import { findNode, machineLoad } from '../machine.mjs'
import { measure, showProgress } from '../measure.mjs'
import { asText } from '../report/tables.mjs'
import { cost, costFigures, costJob, exporter, first, sweep } from '../sections/cost.mjs'
import { startServer } from '../servers/servers.mjs'

const BENCH = fileURLToPath(new URL('..', import.meta.url))
const HERE = dirname(resolve(BENCH))

/** What is measured: the spans of a section, given to a processor or to an exporter. */
const WAYS = {
  steady: wayOf('processor', cost, { subject: 'spanhouse' }),
  few: wayOf('processor, 3 attributes', sweep, { subject: 'spanhouse', shape: 'small' }),
  first: wayOf('processor, first spans', first, { subject: 'spanhouse', warmUp: 0 }),
  exports: wayOf('exports of 512', exporter, { subject: 'spanhouse-exporter' }),
  'first-exports': wayOf('exports of 512, first spans', first, {
    subject: 'spanhouse-exporter',
    warmUp: 0,
  }),
}

const { old, pairs, ways } = options()
const temporary = mkdtempSync(join(tmpdir(), 'spanhouse-pairs-'))
let building
process.on('exit', () => {
  // End all processes of the build before the folder that they write to is removed.
  if (building) process.kill(-building.pid, 'SIGKILL')
  rmSync(temporary, { recursive: true, force: true, maxRetries: 10 })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => process.exit(128 + constants.signals[signal]))

await build(HERE)
const isFolder = existsSync(join(old, 'packages')) // not a branch of the same name as a folder
const oldWorker = workerFor(isFolder ? built(resolve(old)) : await checkedOut(old), 'old')
const newWorker = workerFor(HERE, 'new')

const node = await findNode()
console.log(
  `Node ${node.version}, pairs: ${pairs}, load ${machineLoad()}. Old: ${old}. New: ${HERE}.`,
)
const sink = await startServer('sink.mjs')
const measured = Object.fromEntries(ways.map((way) => [way, []]))
for (let n = 0; n < pairs; n++)
  for (const way of ways) {
    showProgress(`pair ${n + 1} of ${pairs}: ${way}`)
    measured[way].push(await pair(n, WAYS[way]))
  }
showProgress('')
sink.stop()
console.log(asText(table()))

function wayOf(title, { sizes: { full } }, job) {
  const { spans, warmUp } = full
  return { title, job: { shape: 'reference', spans, warmUp, ...job } }
}

/** Every second pair begins with the new build: being first must not favour either. */
async function pair(n, way) {
  const job = costJob(sink.said, way.job)
  if (n % 2 === 0) {
    const before = await costWith(oldWorker, job)
    return { before, after: await costWith(newWorker, job) }
  }
  const after = await costWith(newWorker, job)
  return { before: await costWith(oldWorker, job), after }
}

async function costWith(worker, job) {
  const measurement = await measure(job, node, worker)
  if (measurement.refused) throw new Error(measurement.refused)
  return measurement
}

function table() {
  return {
    header: ['', 'old', 'new', 'new / old', ''],
    rows: ways.flatMap((way) =>
      costFigures.map((figure) => rowOf(WAYS[way].title, figure, measured[way])),
    ),
  }
}

function rowOf(way, { name, title, digits }, pairs) {
  const what = `${way}: ${title}`
  const [before, after] = ['before', 'after'].map((side) =>
    summary(pairs.map((one) => one[side][name])),
  )
  if (!before) return [what, '–', '–', '–', '']
  const ratio = summary(pairs.map(({ before, after }) => after[name] / before[name]))
  const medians = [before, after].map(({ median }) => number(median, digits))
  return [what, ...medians, spread(ratio, 3), change(ratio.median)]
}

/** A copy of this bench's worker, in a folder whose node_modules has the packages of `checkout` and our versions of all others. */
function workerFor(checkout, name) {
  const folder = join(temporary, name)
  for (const part of ['worker.mjs', 'sections', 'subjects', 'records'])
    cpSync(join(BENCH, part), join(folder, part), { recursive: true })
  const { dependencies } = JSON.parse(readFileSync(join(BENCH, 'package.json'), 'utf8'))
  for (const dependency of Object.keys(dependencies)) {
    const link = join(folder, 'node_modules', dependency)
    mkdirSync(dirname(link), { recursive: true })
    const [, ours] = /^@spanhouse\/(.+)/.exec(dependency) ?? []
    symlinkSync(
      ours
        ? join(checkout, 'packages', ours)
        : realpathSync(join(BENCH, 'node_modules', dependency)),
      link,
      'dir',
    )
  }
  return join(folder, 'worker.mjs')
}

function built(folder) {
  if (!existsSync(join(folder, 'packages/exporter-clickhouse/dist')))
    stop(`${folder} is not a built checkout. Run this there first: npm run build`)
  return folder
}

/** The files of a commit, built, in a temporary folder. */
async function checkedOut(ref) {
  const folder = join(temporary, 'checkout')
  mkdirSync(folder)
  const git = (...args) => execFileSync('git', ['-C', HERE, ...args], { maxBuffer: 2 ** 30 })
  let files
  try {
    files = git('archive', `${ref}^{commit}`)
  } catch {
    stop(`${ref} is neither a folder nor a commit of ${HERE}.`)
  }
  execFileSync('tar', ['-x', '-C', folder], { input: files })
  await build(folder)
  return folder
}

async function build(folder) {
  const stdio = ['ignore', 'inherit', 'inherit']
  // Detached: a separate process group, which can be ended as a whole.
  building = spawn('npm', ['run', '--silent', 'build'], { cwd: folder, stdio, detached: true })
  const [code] = await once(building, 'close')
  building = undefined
  if (code !== 0) stop(`The build of ${folder} failed.`)
}

function options() {
  const usage = `Usage: node bench/studies/pairs.mjs --old <git ref, or path of a built checkout> [--pairs 9] [--ways ${Object.keys(WAYS)}]`
  try {
    const { values } = parseArgs({
      options: {
        old: { type: 'string' },
        pairs: { type: 'string', default: '9' },
        ways: { type: 'string', default: 'steady' },
      },
    })
    const pairs = Number(values.pairs)
    const ways = values.ways.split(',')
    if (!values.old) throw new Error('--old is missing')
    if (!Number.isSafeInteger(pairs) || pairs < 1) throw new Error('--pairs must be 1 or more')
    const unknown = ways.find((way) => !Object.hasOwn(WAYS, way))
    if (unknown !== undefined) throw new Error(`--ways has no '${unknown}'`)
    return { old: values.old, pairs, ways }
  } catch (error) {
    stop(`${error.message}\n\n${usage}`)
  }
}

function stop(why) {
  console.error(why)
  process.exit(1)
}
