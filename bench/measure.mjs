// Runs measurements, each in a fresh process (worker.mjs), all subjects in turn: A B C A B C. A disturbance of the machine then
// affects all of them alike.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { machineLoad } from './machine.mjs'
import { POINTS } from './records/collections.mjs'
import { jobsFor } from './subjects/subjects.mjs'

const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url))
const TIMEOUT_MS = 180_000
const SPANS_TO_ARRIVE = 3000
const ARRIVALS = [
  {
    senders: [
      ...['spanhouse', 'spanhouse-br', 'spanhouse-promoted', 'spanhouse-defined'],
      ...['otlp-protobuf', 'otlp-json', 'client', 'spanhouse-exporter', 'otlp-protobuf-exporter'],
    ],
    job: { measure: 'cost.mjs#measureArrival', shape: 'reference', spans: SPANS_TO_ARRIVE },
    rows: SPANS_TO_ARRIVE,
  },
  {
    senders: ['spanhouse-logs', 'otlp-protobuf-logs', 'otlp-json-logs', 'spanhouse-logger'],
    job: { measure: 'logs.mjs#measureArrival', spans: SPANS_TO_ARRIVE },
    rows: SPANS_TO_ARRIVE,
  },
  {
    senders: [
      'spanhouse-metrics',
      'spanhouse-metrics-otel',
      'otlp-protobuf-metrics',
      'otlp-json-metrics',
    ],
    job: { measure: 'metrics.mjs#measureArrival', spans: 3 },
    rows: 3 * POINTS,
  },
]

/** Measures one section on one Node.js. With `keys`, only these rows of it. */
export async function measureSection(section, { servers, node, quick, rounds, keys }) {
  const size = quick ? section.sizes.quick : section.sizes.full
  const times = rounds ?? size.rounds
  const load = machineLoad()
  const date = new Date().toISOString().slice(0, 10)
  const { measured, refused } = section.run
    ? await section.run()
    : await interleaved(only(await section.jobs(size, servers), keys), times, node, (key, round) =>
        showProgress(`${section.name}, round ${round + 1} of ${times}: ${key}`),
      )
  showProgress('')
  return { date, load, rounds: section.run ? 1 : times, measured, refused }
}

function only(jobs, keys) {
  return keys ? Object.fromEntries(keys.map((key) => [key, jobs[key]])) : jobs
}

/** Throws if a subject does not send every record: it would look cheaper than it is. */
export async function checkArrival(servers, node) {
  for (const { senders, job, rows: given } of ARRIVALS) {
    const jobs = jobsFor(senders, { ...job, endpoints: [await servers.countingSink()] })
    const { measured } = await interleaved(jobs, 1, node)
    for (const [subject, [{ rows }]] of Object.entries(measured))
      if (rows !== given)
        throw new Error(`${subject}: ${rows} of ${given} records were in what it sent`)
  }
}

/** Resolves with the measurements of each job by round, and with the reasons of those that were refused. */
async function interleaved(jobs, rounds, node, onStart = () => {}) {
  const left = new Map(Object.entries(jobs))
  const measured = Object.fromEntries([...left.keys()].map((key) => [key, []]))
  const refused = {}
  for (let round = 0; round < rounds; round++)
    for (const [key, job] of left) {
      onStart(key, round)
      const measurement = await measure(job, node).catch((error) => {
        throw new Error(`${key}: ${error.message}`)
      })
      if (measurement.refused === undefined) measured[key].push(measurement)
      else {
        refused[key] = measurement.refused
        left.delete(key)
        delete measured[key]
      }
    }
  return { measured, refused }
}

/** Does one job in a fresh process. `flags` are for its Node.js; `pin` is a command that runs it on one core. */
export async function measure({ flags = [], pin = [], ...job }, node, worker = WORKER) {
  const [command, ...args] = [
    ...pin,
    node.path,
    '--expose-gc',
    ...flags,
    worker,
    JSON.stringify(job),
  ]
  const { stdout } = await promisify(execFile)(command, args, { timeout: TIMEOUT_MS })
  return JSON.parse(stdout)
}

/** Shows one line that changes, if there is a terminal. */
export function showProgress(text) {
  if (!process.stderr.isTTY) return
  process.stderr.clearLine(0)
  process.stderr.cursorTo(0)
  process.stderr.write(text)
}
