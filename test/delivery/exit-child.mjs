// A script that ends spans and then simply ends. Its one argument says how, as JSON.
import { randomBytes } from 'node:crypto'
import { ClickHouseSpanExporter, ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'
import { numberedSpan } from '../kit/numbered-spans.mjs'

const { kind, options, spans, exitCode, onSigterm, listens } = JSON.parse(process.argv[2])
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
const all = Array.from({ length: spans }, (_, n) => numberedSpan(run, n))
if (kind === 'exporter') {
  const exporter = new ClickHouseSpanExporter(options)
  exporter.export(all, ({ code }) => say('exported', code))
} else if (kind === 'processor') {
  const processor = new ClickHouseSpanProcessor(options)
  for (const one of all) processor.onEnd(one)
}
if (exitCode !== undefined) process.exitCode = exitCode
say('listeners added', listeners() - before)
say('ended', Date.now())
if (onSigterm) setInterval(() => {}, 1000)
