import type { DestinationStats } from '@spanhouse/exporter-clickhouse'
import { numberOf, type SignalName } from '../../kit/numbered-records.mjs'
import { storedRecord } from '../../kit/oracle.js'
import { type Answer, REFUSALS } from './held-server.js'
import { droppedOf, violations } from './invariants.js'
import type { Ledger } from './ledger.js'
import { type DestinationPlan, LONG_WINDOW } from './plan.js'
import type { World } from './world.js'

const MAX_QUIET_S = 200
/** Reasons to drop rows after attempts, each of which may have stored them. */
const GIVEN_UP = ['retries_exhausted', 'rejected', 'spool_corrupt', 'shutdown'] as const

/** Ends all faults, and waits until no work is left. */
export async function quiet(world: World): Promise<void> {
  world.healDisk()
  world.network.down.clear()
  for (const server of world.servers.values()) server.heal()
  if (world.life.state === 'shutting down') await world.goBy(4000)
  if (world.life.isOver) world.start()
  const isDone = () =>
    world.recordsOnDisk.filter((path) => !path.includes('/corrupt/')).length === 0 &&
    [...world.life.look().values()].every((stats) =>
      Object.values(stats.destinations).every(({ waiting }) => waiting === 0),
    )
  for (let seconds = 0; seconds < MAX_QUIET_S; seconds++) {
    // A process may need as long as a lease to find records that another has left.
    if (seconds > 2 && isDone()) break
    await world.goBy(1000, 250)
  }
}

/** The faults at the end, each as a sentence. */
export async function reckon(world: World, ledger: Ledger): Promise<string[]> {
  const found = violations(world)
  for (const [signal, { destinations }] of world.life.look())
    for (const [name, { waiting }] of Object.entries(destinations))
      if (waiting > 0) found.push(`${name}, ${signal}: ${waiting} rows still wait`)
  world.life.shutdown()
  await world.goBy(4000)
  found.push(...violations(world))
  for (const { number, exports } of world.lives.filter(({ end }) => end?.how === 'shut down'))
    for (const { answers, numbers, signal } of exports)
      if (answers !== 1)
        found.push(
          `process ${number}: the export of ${signal} ${numbers} was answered ${answers} times`,
        )
  for (const plan of world.plan.destinations)
    for (const signal of world.plan.signals)
      found.push(
        ...reckonOne(world, ledger, plan, signal).map((what) => `${plan.name}, ${signal}: ${what}`),
      )
  const left = world.disk.find('/spool')
    ? world.disk.files('/spool').filter(({ path }) => !path.startsWith('/spool/corrupt/'))
    : []
  // The next process removes files that could not be removed.
  const isExcused = (path: string) =>
    path.endsWith('.draft') && world.diskFaults.injected.has('unlink EIO')
  for (const { path } of left) if (!isExcused(path)) found.push(`${path} is left on disk`)
  return found
}

function reckonOne(
  world: World,
  ledger: Ledger,
  plan: DestinationPlan,
  signal: SignalName,
): string[] {
  const { name } = plan
  const found: string[] = []
  const held = world.servers.get(name)
  if (!held) return found
  const { oracle, poisoned } = ledger.of(signal)
  const rows = held.rows(signal)
  const lives = world.lives.map(
    (life) => life.last.get(signal)?.destinations[name] as DestinationStats,
  )
  const wasKilled = world.lives.some(
    ({ end, powerWasLost }) => end?.how !== 'shut down' || powerWasLost,
  )
  const sum = (of: (stats: DestinationStats) => number) =>
    lives.reduce((total, stats) => total + of(stats), 0)
  const dropped = sum(droppedOf)

  const verdict = oracle.judge(name, rows)
  if (verdict.foreign + verdict.altered > 0) found.push(JSON.stringify(verdict))

  // Doubled: only where the server does not deduplicate, or has forgotten the token, and then counted, if the exporter could know it.
  // An attempt with rows that were given up later may be stored late, and so may another attempt.
  const counted = sum(
    ({ possibleDuplicates, dropped }) =>
      possibleDuplicates + GIVEN_UP.reduce((rows, reason) => rows + (dropped[reason] ?? 0), 0),
  )
  const isCovered = plan.window === LONG_WINDOW && !plan.asyncInsert
  if (verdict.doubled > (isCovered ? 0 : counted) && (isCovered || world.lives.length === 1))
    found.push(`${verdict.doubled} rows are doubled, ${counted} counted as possible duplicates`)

  // Missing: either dropped and counted, or not covered by a promise.
  const stored = new Set(rows.map((row) => numberOf(storedRecord(signal, row).id)))
  const missing = [...oracle.accepted(name)].filter((number) => !stored.has(number))
  const unprotected = ledger.unprotected(plan, signal, world.lives)
  const promised = missing.filter((number) => !unprotected.has(number))
  if (promised.length > dropped)
    found.push(`of rows that were promised ${promised} are missing, ${dropped} were dropped`)
  if (!wasKilled) {
    const reasons = lives.map((one) => one.dropped)
    const of = (...names: (keyof DestinationStats['dropped'])[]) =>
      reasons.reduce((n, one) => n + names.reduce((m, reason) => m + (one[reason] ?? 0), 0), 0)
    const refused = of('rejected', 'dead_lettered')
    const sure = of('queue_full', 'spool_full', 'too_large', 'encode_error')
    const doubtsGood = timesGiven(held.given, REFUSALS) >= 5
    if (sure + (doubtsGood ? 0 : refused) > missing.length)
      found.push(`${sure + refused} were dropped for good, and only ${missing.length} are missing`)
    if (!doubtsGood && refused > poisoned.size)
      found.push(`${refused} rows were refused, and ${poisoned.size} are poison`)
    if (of('spool_corrupt') > 0 && !world.diskFaults.injected.has('read EIO'))
      found.push('records are corrupt, and nothing was done to them')
    if (plan.maxRetries === 'unlimited' && of('retries_exhausted') > 0)
      found.push('rows were dropped after a number of attempts that is not limited')
    const { length: stored } = held.letters(signal)
    if (plan.deadLetter === 'table' && stored !== of('dead_lettered'))
      found.push(`${stored} dead letters, ${of('dead_lettered')} counted`)
    if (plan.deadLetter === 'directory') {
      const letters = lettersIn(world, name, signal)
      // A dead letter whose file could not be closed is counted as rejected, but may be there.
      const counted = of('dead_lettered')
      const doubtful = world.diskFaults.injected.size > 0 ? of('rejected') : 0
      if (letters < counted || letters > counted + doubtful)
        found.push(`${letters} dead letters can be read, ${counted} are counted`)
    }
  }
  return found
}

function timesGiven(given: ReadonlyMap<Answer, number>, which: ReadonlySet<Answer>): number {
  return [...given].reduce((sum, [answer, times]) => sum + (which.has(answer) ? times : 0), 0)
}

/** Lines of the file of dead letters that are JSON. */
function lettersIn(world: World, name: string, signal: SignalName): number {
  const file = signal === 'traces' ? name : `${name}.${signal}`
  const bytes = world.disk.find(`/dead/${file}.ndjson`)?.bytes ?? Buffer.alloc(0)
  return bytes
    .toString()
    .split('\n')
    .filter((line) => {
      try {
        return JSON.parse(line).destination === name
      } catch {
        return false
      }
    }).length
}
