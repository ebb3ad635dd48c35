// Stands for the program k6: its command line, output, summary, signals and exit codes, as far as `spanhouse k6` meets them. Written from
// the documentation of k6; no code of it. What it "measures" is in FAKE_K6, as JSON: the options of `pointsOf()`, and
// `pauseMs` (between two iterations), `exitCode`, `helper` (leaves a process behind that holds the output open).
import { spawn } from 'node:child_process'
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { linesOf, pointsOf, summaryOf, verdictsOf } from './k6-run.mjs'

const THRESHOLDS_FAILED = 99
const ABORTED = 105
const OPTIONS = {
  out: { type: 'string', short: 'o', multiple: true },
  quiet: { type: 'boolean', short: 'q' },
  vus: { type: 'string', short: 'u' },
  'summary-export': { type: 'string' },
  'no-summary': { type: 'boolean' },
  'new-machine-readable-summary': { type: 'boolean' },
}

const [command, ...words] = process.argv.slice(2)
if (command !== 'run') {
  process.stdout.write('k6 v2.2.0 (a stand-in)\n')
  process.exit(command === 'version' ? 0 : 255)
}
const { values, positionals } = readWords()
const { exitCode, pauseMs = 0, helper = false, ...run } = JSON.parse(process.env.FAKE_K6 ?? '{}')
let isStopping = false
process.on('SIGINT', () => {
  if (isStopping) process.exit(ABORTED)
  isStopping = true
})
process.on('SIGTERM', () => {
  isStopping = true
})
// From now on a signal ends it as one ends k6.
if (process.env.FAKE_K6_SAYS)
  writeFileSync(process.env.FAKE_K6_SAYS, JSON.stringify({ words, pid: process.pid }))

const say = (text) => writeSync(1, text)
if (!values.quiet)
  say(
    `\n         /\\      Grafana   /‾‾/\n\n     execution: local\n        script: ${positionals[0]}\n`,
  )
const outputs = (values.out ?? []).map((one) => {
  const [kind, path] = one.split(/=(.*)/s)
  if (kind !== 'json') return () => {}
  const file = path === '-' ? 1 : openSync(path, 'w+')
  if (helper)
    spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', file], detached: true }).unref()
  const write = (text) => writeSync(file, text)
  write.close = () => file !== 1 && closeSync(file)
  return write
})

const done = []
const whole = [...pointsOf(run)]
let iteration = 0
const lines = linesOf(
  (function* () {
    for (const point of whole) {
      done.push(point)
      yield point
    }
  })(),
)
for (const line of lines) {
  for (const write of outputs) write(`${line}\n`)
  if (done.at(-1)?.metric !== 'vus' || line.includes('"Metric"')) continue
  if (isStopping) break
  if (!values.quiet && iteration++ % 10 === 0)
    say(`running (${iteration}s), 1/1 VUs, ${iteration} complete\n`)
  if (pauseMs > 0) await sleep(pauseMs)
}
for (const write of outputs) write.close?.()

const failed = verdictsOf(done).filter(({ isKept }) => !isKept)
if (!values['no-summary']) {
  const form = values['new-machine-readable-summary']
    ? '--new-machine-readable-summary'
    : '--summary-export'
  const path = values['summary-export'] ?? process.env.K6_SUMMARY_EXPORT
  if (path) writeFileSync(path, JSON.stringify(summaryOf(done, form), null, 4))
  say(
    `\n  █ THRESHOLDS\n\n${failed.map(({ metric, source }) => `    ✗ ${metric} ${source}\n`).join('')}  █ TOTAL RESULTS\n`,
  )
}
process.exitCode = exitCode ?? (isStopping ? ABORTED : failed.length > 0 ? THRESHOLDS_FAILED : 0)

function readWords() {
  try {
    return parseArgs({ args: words, options: OPTIONS, allowPositionals: true })
  } catch (error) {
    process.stderr.write(`level=error msg="${error.message.replaceAll('"', "'")}"\n`)
    return process.exit(255)
  }
}
