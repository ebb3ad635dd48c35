// npm run demo: the story, from the first server to the last figure.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { audit, shortcomings } from './audit.mjs'
import { problemWith } from './clickhouse.mjs'
import { eventually } from './deadline.mjs'
import { load, REQUESTS_PER_SECOND } from './load.mjs'
import { parseOptions, UsageError, usage } from './options.mjs'
import { openProgress, watchSpans } from './progress.mjs'
import { printReport } from './report.mjs'
import { localServers } from './servers.mjs'
import { openShop } from './shop.mjs'
import { count } from './table.mjs'
import { say } from './terminal.mjs'

const EXAMPLE_QUERY = 'SELECT * FROM telemetry.traces ORDER BY timestamp DESC LIMIT 50'

const interruption = new AbortController()
const { signal } = interruption
const closing = []

async function story({ seconds, keep, target }) {
  const runId = randomBytes(4).toString('hex')
  say(target ? introductionTo(target, seconds, runId) : introduction(seconds))
  const servers = target ? [await answering(target)] : await startServers()

  const shop = openShop({ servers, runId })
  closing.push(shop.kill)
  const url = await shop.open()

  const progress = openProgress()
  const watch = watchSpans(progress, { shop, servers, runId })
  progress.event(`load starts: ${REQUESTS_PER_SECOND} requests/s`)
  const [answers, outage] = await Promise.all([
    load(url, seconds, signal),
    target ? undefined : crash(servers[1], seconds, progress),
  ])
  progress.event(
    `load ends: ${count(answers.requests)} requests, ${count(answers.failed)} failed (5xx)`,
  )
  const settled = await settle(shop)
  progress.event(settled ? 'nothing is left to send' : 'still not everything sent after 30 s')
  await watch.stop()

  const { made, destinations } = await shop.figures()
  const audits = await Promise.all(servers.map((server) => audit(server, runId, made, signal)))
  await printReport({ audits, servers, runId, outage })
  const faults = shortcomings(audits, destinations)
  say()
  if (faults.length > 0) {
    for (const line of [...faults, ...shop.complaints()]) console.error(line)
    await shop.kill()
    return { servers, exitCode: 1 }
  }
  say(`Every span is in ${target ? 'ClickHouse' : 'both servers'} exactly once.`)
  if (!keep) say(`Look around yourself: ${target ? playUrl(target) : 'npm run demo -- --keep'}`)
  await shop.close()
  return { servers, exitCode: 0 }
}

function introduction(seconds) {
  return `
A small shop of three HTTP services (storefront, catalog, payment) is under load for ${seconds} s.
Every span goes to two ClickHouse servers at once, local and central. Half way, central is
killed and started again; in the end both must hold every span exactly once.
`
}

function introductionTo({ endpoint }, seconds, runId) {
  return `
A small shop of three HTTP services (storefront, catalog, payment) is under load for ${seconds} s.
Every span goes to ${endpoint}, table telemetry.traces (created if missing), and is known
there by resource_attributes['demo.run_id'] = '${runId}'. In the end each must be there exactly once.
`
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
  await sleep((seconds / 2) * 1000, undefined, { signal })
  await server.kill()
  signal.throwIfAborted()
  const from = Date.now()
  progress.event(`${server.name} killed (SIGKILL)`)
  await sleep(Math.min(2000, seconds * 200), undefined, { signal })
  const to = Date.now()
  await server.start()
  signal.throwIfAborted()
  progress.event(`${server.name} is back, same port, same data`)
  return { name: server.name, from, to }
}

/** True once every span made has been given to the exporters and no row waits in them. */
function settle(shop) {
  return eventually(30_000, signal, async () => {
    // A flush that fails is tried again; the figures tell what came of it.
    await shop.flush().catch(() => {})
    const { made, open, destinations } = await shop.figures()
    const isSettled = ({ accepted, waiting }) => accepted === made && waiting === 0
    return open === 0 && Object.values(destinations).every(isSettled)
  })
}

async function keepUp(servers) {
  say('\nThe servers stay up until Ctrl-C. Each answers SQL in the browser:\n')
  for (const server of servers) say(`  ${server.name.padEnd(8)} ${playUrl(server)}`)
  say(`\nThe page opens with this query:\n\n  ${EXAMPLE_QUERY}`)
  // The timer keeps the process alive: the servers' own handles need not.
  await sleep(2 ** 31 - 1, undefined, { signal }).catch(() => {})
}

// The page reads its query from the fragment, in base64.
function playUrl({ endpoint }) {
  return `${endpoint}/play#${Buffer.from(EXAMPLE_QUERY).toString('base64')}`
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
