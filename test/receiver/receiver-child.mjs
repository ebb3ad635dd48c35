// Runs a receiver until it is killed, or its parent ends. Its argument: the options, as JSON. Says its ports, and its figures when asked.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { openReceiver } from '../../packages/receiver/dist/esm/index.js'

const LOOK_MS = 10

const require = createRequire(new URL('../../packages/receiver/package.json', import.meta.url))
const { DiagLogLevel, diag } = require('@opentelemetry/api')
const mistakes = []
const said = (...what) => mistakes.push(what.map((one) => one?.stack ?? String(one)).join(' '))
diag.setLogger({ error: said, warn() {}, info() {}, debug() {}, verbose() {} }, DiagLogLevel.ERROR)
process.on('unhandledRejection', said)
process.on('uncaughtException', said)
process.on('disconnect', () => process.exit())

/** The CPU time of this thread, in ms: while others have the core, it does not go on. */
function threadMs() {
  if (process.platform !== 'linux') return performance.now()
  const [ns] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')
  return Number(ns) / 1e6
}

let longestMs = 0
let peakRss = 0
let last = threadMs()
setInterval(() => {
  const now = threadMs()
  longestMs = Math.max(longestMs, now - last)
  last = now
  peakRss = Math.max(peakRss, process.memoryUsage.rss())
}, LOOK_MS)

const receiver = await openReceiver(JSON.parse(process.argv[2]))
process.on('message', async (question) => {
  if (question === 'close') {
    await receiver.close()
    process.exit()
  }
  const { rss } = process.memoryUsage()
  const isPolluted = Object.keys(Object.prototype).length > 0
  process.send({ rss, peakRss, longestMs, mistakes, isPolluted, stats: receiver.stats() })
  peakRss = rss
  longestMs = 0
})
process.send({ httpPort: receiver.httpPort, grpcPort: receiver.grpcPort })
