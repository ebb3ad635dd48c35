// A script that makes rows and then simply ends. Its one argument says how, as JSON.
import { randomBytes } from 'node:crypto'
import { openCollector, openExporter } from '../kit/entry-points.mjs'
import { numbered } from '../kit/numbered-records.mjs'

const {
  kind = 'processor',
  signals = ['traces', 'logs', 'metrics'],
  rows,
  options,
  exitCode,
  onSigterm,
  listens,
} = JSON.parse(process.argv[2])
const listeners = () => process.listeners('SIGTERM').length + process.listeners('SIGINT').length
const say = (word, value) => process._rawDebug(JSON.stringify([word, value]))

if (listens) process.on('beforeExit', (code) => say('beforeExit', code))
if (onSigterm)
  process.on('SIGTERM', () => {
    say('SIGTERM', listeners())
    process.exit(9)
  })
process.on('exit', (code) => say('exit', [code, Date.now()]))
const before = listeners()

const run = randomBytes(4).toString('hex')
for (const signal of signals) {
  const all = Array.from({ length: rows }, (_, n) => numbered[signal](run, n))
  if (kind === 'exporter')
    openExporter(signal, options).export(all, ({ code }) => say('exported', code))
  else {
    const collector = openCollector(signal, options)
    for (const one of all) collector.add(one)
  }
}
if (exitCode !== undefined) process.exitCode = exitCode
say('listeners added', listeners() - before)
say('ended', Date.now())
if (onSigterm) setInterval(() => {}, 1000)
