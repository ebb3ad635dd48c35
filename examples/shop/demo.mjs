// npm run demo: the whole course, from the first server to the last figure.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { auditAll, shortcomings } from './audit.mjs'
import { problemWith } from './clickhouse.mjs'
import { eventually } from './deadline.mjs'
import { openLoad, warmUp } from './load.mjs'
import { introduce, latencyVerdict, paceOf, sayServersStayUp, sayWhatNext } from './narration.mjs'
import { parseOptions, UsageError, usage } from './options.mjs'
import { openProgress, watchSpans } from './progress.mjs'
import { printReport } from './report.mjs'
import { localServers } from './servers.mjs'
import { openShop } from './shop.mjs'
import { say, sayWrapped } from './terminal.mjs'

const interruption = new AbortController()
const { signal } = interruption
const closing = []

async function story({ seconds, keep, target }) {
  const runId = randomBytes(4).toString('hex')
  introduce(target, runId)
  const servers = target ? [await answering(target)] : await startServers()

  const shop = openShop({ servers, runId })
  closing.push(shop.kill)
  const url = await shop.open()
  await warmUp(url)

  const progress = openProgress()
  const load = openLoad(url)
  const watch = watchSpans(progress, { shop, load, servers, runId })
  progress.event('load starts')
  const outage = target ? undefined : await crash(servers[1], seconds, progress)
  await sleep(secondsLeft(seconds, outage) * 1000, undefined, { signal })
  const lasted = await load.stop()
  progress.event(paceOf(load.visits.length, lasted))
  const settled = await settle(shop)
  progress.event(settled ? 'nothing is left to send' : 'still not everything sent after 30 s')
  await watch.stop()

  const figures = await shop.figures()
  const audits = await auditAll(servers, runId, figures, signal)
  await printReport({ visits: load.visits, audits, servers, runId, outage })
  const faults = shortcomings(audits, figures)
  say()
  if (faults.length > 0) {
    for (const line of [...faults, ...shop.complaints()]) console.error(line)
    await shop.kill()
    return { servers, exitCode: 1 }
  }
  sayWrapped(latencyVerdict(load.visits, outage))
  const where = target ? 'ClickHouse' : 'both servers'
  sayWrapped(`Every span, log record and data point is in ${where} exactly once.`)
  await shop.close()
  if (!keep) sayWhatNext(target)
  return { servers, exitCode: 0 }
}

/** A slow restart must not use up the time after the outage: at least 30 % of the planned time is left for it. */
function secondsLeft(seconds, outage) {
  if (!outage) return seconds
  return Math.max(seconds * 0.3, seconds - (Date.now() - outage.startedAt) / 1000)
}

async function answering(target) {
  const problem = await problemWith(target)
  if (problem) throw new Error(problem)
  return target
}

async function startServers() {
  const local = localServers(['local', 'central'])
  closing.push(local.stop)
  await local.start()
  signal.throwIfAborted()
  for (const { name, endpoint } of local.servers) say(`  ${name.padEnd(8)} ${endpoint}`)
  say()
  return local.servers
}

async function crash(server, seconds, progress) {
  const startedAt = Date.now()
  await sleep((seconds / 2) * 1000, undefined, { signal })
  const from = Date.now()
  await server.kill()
  signal.throwIfAborted()
  progress.event(`${server.name} is killed (SIGKILL)`)
  await sleep(Math.min(2000, seconds * 200), undefined, { signal })
  const restartAt = Date.now()
  progress.event(`${server.name} is started again, same port, same data`)
  await server.start()
  signal.throwIfAborted()
  progress.event(`${server.name} is back`)
  return { name: server.name, startedAt, from, restartAt, to: Date.now() }
}

/** True once everything made has been given to the exporters and no row waits in them. */
function settle(shop) {
  return eventually(30_000, signal, async () => {
    // A failed flush is tried again; the figures show the result.
    await shop.finish().catch(() => {})
    const { open, ...signals } = await shop.figures()
    const isSettled = ({ made, destinations }) =>
      Object.values(destinations).every((one) => one.accepted === made && one.waiting === 0)
    return open === 0 && Object.values(signals).every(isSettled)
  })
}

async function keepUp(servers) {
  sayServersStayUp(servers)
  // The timer keeps the process alive: the handles of the servers may not.
  await sleep(2 ** 31 - 1, undefined, { signal }).catch(() => {})
}

function optionsOrUsage() {
  try {
    const options = parseOptions(process.argv.slice(2), process.env)
    if (!options.help) return options
    say(usage)
    process.exit(0)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(`${error.message}\n\n${usage}`)
    process.exit(2)
  }
}

const interrupted = new Promise((_resolve, reject) => {
  signal.addEventListener('abort', () => reject(signal.reason))
})

async function main() {
  const options = optionsOrUsage()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => interruption.abort())
  // The reader has gone: demo | head, or a closed terminal.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => interruption.abort())
  }

  let exitCode = 1
  try {
    const ending = await Promise.race([story(options), interrupted])
    exitCode = ending.exitCode
    if (options.keep) await keepUp(ending.servers)
  } catch (error) {
    if (signal.aborted) exitCode = 130
    console.error(signal.aborted ? '\nStopped.' : `\n${error.message}`)
  }
  for (const close of closing.reverse()) await close()
  process.exit(exitCode)
}

await main()
