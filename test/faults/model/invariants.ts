import type { DestinationStats } from '@spanhouse/exporter-clickhouse'
import type { SignalName } from '../../kit/numbered-records.mjs'
import { DATABASE, type DestinationPlan } from './plan.js'
import type { World } from './world.js'

/** Checks what must be true at every moment. Gives a sentence for each violation. */
export function violations(world: World): string[] {
  const found = [...world.complaints, ...world.life.overdue()]
  for (const life of world.lives)
    for (const { answers, numbers, signal } of life.exports)
      if (answers > 1)
        found.push(`the export of ${signal} ${numbers} was answered ${answers} times`)
  for (const plan of world.plan.destinations) {
    for (const [signal, { destinations }] of world.life.look()) {
      const stats = destinations[plan.name]
      if (stats)
        for (const what of ofStats(world, plan, stats, signal))
          found.push(`${plan.name}, ${signal}: ${what}`)
    }
    found.push(...[...ofServer(world, plan)].map((what) => `${plan.name}: ${what}`))
  }
  return found
}

export function droppedOf({ dropped }: DestinationStats): number {
  return Object.values(dropped).reduce((sum, rows) => sum + rows, 0)
}

function* ofStats(
  world: World,
  plan: DestinationPlan,
  stats: DestinationStats,
  signal: SignalName,
): Generator<string> {
  const { accepted, delivered, waiting, waitingBytes, spooledBytes, inFlight } = stats
  const dropped = droppedOf(stats)
  if (accepted !== delivered + dropped + waiting)
    yield `${accepted} accepted are not ${delivered} delivered, ${dropped} dropped and ${waiting} waiting`
  for (const [name, value] of Object.entries({ ...stats, ...stats.dropped }))
    if (typeof value === 'number' && !(Number.isSafeInteger(value) && value >= 0))
      yield `${name} is ${value}`
  // A batch is at most half of the queue. The open batch comes on top, and batches loaded from disk to be sent.
  const besides = plan.fsync === 'no spool' ? 1 : 1 + inFlight
  if (waitingBytes > plan.queueBytes + (besides * plan.queueBytes) / 2)
    yield `${waitingBytes} bytes wait, and there is room for ${plan.queueBytes}`
  // Records that other processes have left come on top.
  const roomOnDisk = plan.spoolBytes * world.lives.length + largestRecord(world)
  if (plan.fsync !== 'no spool' && spooledBytes > roomOnDisk)
    yield `${spooledBytes} bytes are on disk, and there is room for ${plan.spoolBytes}`
  const acknowledged = world.servers.get(plan.name)?.acknowledged(world.life.number, signal) ?? 0
  if (delivered > acknowledged)
    yield `${delivered} are counted as delivered, and the server has acknowledged ${acknowledged}`
}

function* ofServer(world: World, plan: DestinationPlan): Generator<string> {
  const held = world.servers.get(plan.name)
  if (!held) return
  const { server, memory } = held
  for (const bug of server.bugs) yield `the scripted server: ${bug}`
  for (const token of server.changed) yield `token ${token} came again with another text`
  if (held.crowded > 0)
    yield `${held.crowded} INSERTs came beside another one although the server had said that it is unavailable`
  for (const signal of world.plan.signals)
    for (const token of memory.table(`${DATABASE}.${signal}`).misused)
      yield `token ${token} was used for other rows`
}

function largestRecord(world: World): number {
  const sizes = world.recordsOnDisk.map((path) => world.disk.get(path).bytes.length)
  return Math.max(0, ...sizes)
}
