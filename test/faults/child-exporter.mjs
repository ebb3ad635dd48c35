// A process that exports numbered records of a signal until it is told otherwise, or killed. Its one argument is JSON; it obeys
// lines of JSON on its standard input, and says in such lines what has become of what.
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { openCollector, openExporter } from '../kit/entry-points.mjs'
import { numbered } from '../kit/numbered-records.mjs'
import { DiagLogLevel, diag } from '../sdk2/node_modules/@opentelemetry/api/build/src/index.js'

const {
  signal,
  options,
  run,
  first,
  rows,
  everyMs,
  poisonEvery = 0,
  recordsPerSecond = 0,
  resource,
  maxWaiting = Number.POSITIVE_INFINITY,
} = JSON.parse(process.argv[2])

// Written at once, and not by a thread of the pool that dies with us.
const say = (what) => writeSync(1, `${JSON.stringify(what)}\n`)

const logs = (...words) => say({ logged: words.join(' ') })
diag.setLogger({ error: logs, warn: logs, info: logs, debug() {}, verbose() {} }, DiagLogLevel.INFO)

let next = first
const recordOf = (number) =>
  numbered[signal](run, number, { poison: poisonEvery > 0 && number % poisonEvery === 0, resource })

/** An exporter that exports so many spans every so often, each export at once. */
function exportSteadily() {
  const exporter = openExporter(signal, options)
  const isBehind = () =>
    Object.values(exporter.stats().destinations).some(({ waiting }) => waiting > maxWaiting)
  const timer = setInterval(() => {
    if (isBehind()) return
    const numbers = Array.from({ length: rows }, () => next++)
    say({ made: [numbers[0], rows] })
    exporter.export(numbers.map(recordOf), ({ code }) => {
      if (code === 0) say({ acknowledged: [numbers[0], rows] })
    })
  }, everyMs)
  return { source: exporter, timer }
}

/** A processor that is given so many records a second. */
function addSteadily() {
  const processor = openCollector(signal, options)
  const startedAt = performance.now()
  const timer = setInterval(() => {
    const due = first + ((performance.now() - startedAt) / 1000) * recordsPerSecond
    // What it cannot do in time it does not do later all at once.
    const stop = Math.min(due, next + recordsPerSecond / 20)
    for (; next < stop; next++) processor.add(recordOf(next))
  }, 10)
  return { source: processor, timer }
}

const { source, timer } = recordsPerSecond > 0 ? addSteadily() : exportSteadily()

let peakBytes = 0
setInterval(() => {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  peakBytes = Math.max(peakBytes, heapUsed + arrayBuffers)
}, 50).unref()

const report = () => say({ stats: source.stats(), made: next - first, peakBytes })

const commands = {
  /** Holds the event loop up. */
  stall(ms) {
    const until = performance.now() + ms
    while (performance.now() < until);
  },
  stats: report,
  async stop() {
    clearInterval(timer)
    await source.forceFlush().catch(() => {})
    await source.shutdown()
    report()
    input.close()
  },
}

const input = createInterface({ input: process.stdin })
input.on('line', async (line) => {
  const [name, argument] = JSON.parse(line)
  await commands[name](argument)
  say({ did: name })
})
process.on('unhandledRejection', (error) => say({ bug: String(error) }))
say({ started: process.pid })
