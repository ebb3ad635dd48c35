// Two regions on this machine, each with its application and its ClickHouse. Each application writes to both. West is cut off and comes
// back; then both are cut off from each other until the applications die, and what waited for the other region is lost with them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startClickHouse } from '@spanhouse/local-clickhouse'
import { openLine } from './line.mjs'
import { startApp } from './region-app.mjs'
import { kv } from './table.mjs'
import { workloadOf } from './workload.mjs'

const PATIENCE_MS = 120_000
const spanhouse = createRequire(import.meta.url)
  .resolve('spanhouse/package.json')
  .replace('package.json', 'dist/cli.js')
const directory = mkdtempSync(join(tmpdir(), 'active-active-'))
const closing = [() => rmSync(directory, { recursive: true, force: true, maxRetries: 3 })]
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void finish(130))

try {
  await story(workloadOf(process.env))
  await finish(0)
} catch (error) {
  console.error(error.message)
  await finish(1)
}

async function story({ startEast, startWest, rate, seconds }) {
  const servers = { east: await openServer('east'), west: await openServer('west') }
  const toWest = await openLine(servers.west.url)
  const toEast = await openLine(servers.east.url)
  closing.push(toWest.close, toEast.close)
  const lines = [toWest, toEast]
  const startedAt = Date.now()
  const apps = [
    startApp('east', {
      ...{ EAST: servers.east.url, WEST: toWest.url, SPOOL: join(directory, 'spool-east') },
      ...{ START: startEast },
    }),
    startApp('west', {
      ...{ EAST: toEast.url, WEST: servers.west.url, SPOOL: join(directory, 'spool-west') },
      ...{ START: startWest },
    }),
  ]
  closing.push(...apps.map((app) => app.kill))
  const quarter = () => sleep((seconds * 1000) / 4)
  const compare = (until, ...args) => {
    const window = `${Math.ceil((Date.now() - startedAt) / 1000) + 60}s`
    const stretch = ['--window', window, '--until', until]
    return run(['compare', '--table', 'telemetry.kv', ...stretch, '--limit', '3', ...args])
  }
  const run = (args) => runCommand([...args, servers.east.url, servers.west.url])

  say(
    `Both applications set ${rate} keys a second: east from ${startEast} on, west from ${startWest} on.`,
  )
  await until(
    apps,
    'The applications have delivered nothing',
    () =>
      ({ delivered }) =>
        delivered > 0,
  )
  await quarter()
  for (const line of lines) line.cut()
  say('West is cut off: rows for the other region wait on disk.')
  await quarter()
  for (const line of lines) line.mend()
  const backAt = new Date().toISOString()
  say('West is back.')
  await caughtUp(apps)
  say('What waited has arrived.')
  await expectCode(0, compare(backAt))

  await quarter()
  for (const line of lines) line.cut()
  say('West is cut off again.')
  await quarter()
  await sleep(1500) // the last batches reach their own region
  for (const app of apps) await app.kill()
  for (const line of lines) line.mend()
  say(
    'Both applications are killed, and their disks are lost: some rows are only in east, some only in west.',
  )
  // No row is on its way any more.
  await expectCode(1, compare('now'))
  await expectCode(0, compare('now', '--repair'))
  await expectCode(0, compare('now', '--minutes'))
  say('Both regions have the same rows.')
}

async function openServer(name) {
  const server = await startClickHouse({ dataDir: join(directory, name) })
  closing.push(() => server.stop())
  for (const statement of kv.ddl()) await server.query(statement)
  return server
}

/** Waits until each application has delivered to both regions what it had accepted by now. */
async function caughtUp(apps) {
  const before = await Promise.all(apps.map((app) => app.stats()))
  await until(apps, 'The regions have not caught up', (app, name) => {
    const { accepted } = before[app][name]
    return ({ delivered }) => delivered >= accepted
  })
}

/** Waits until it is so for each application and each of its destinations. */
async function until(apps, otherwise, isSo) {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const now = await Promise.all(apps.map((app) => app.stats()))
    const all = now.flatMap((stats, app) =>
      Object.entries(stats).map(([name, figures]) => isSo(app, name)(figures)),
    )
    if (all.every(Boolean)) return
    if (Date.now() > deadline) throw new Error(`${otherwise} in two minutes.`)
    await sleep(100)
  }
}

async function expectCode(expected, ended) {
  const code = await ended
  if (code !== expected) throw new Error(`spanhouse ended with ${code}, and not with ${expected}.`)
}

async function runCommand(args) {
  say(`spanhouse ${args.join(' ')}`)
  const child = spawn(process.execPath, [spanhouse, ...args], { stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  return code
}

function say(text) {
  console.log(`\n▸ ${text}`)
}

/** The last that was opened is closed first. */
async function finish(code) {
  for (const close of closing.splice(0).reverse())
    try {
      await close()
    } catch {
      // The others still have to be closed.
    }
  process.exit(code)
}
