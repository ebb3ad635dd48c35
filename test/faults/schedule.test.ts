import { ClickHouseSpanExporter } from '@spanhouse/exporter-clickhouse'
import fc, { type Scheduler } from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { commitsAndResets, readsAndEnds, throws } from '../kit/behaviours.js'
import { MemoryClickHouse } from '../kit/clickhouse-backend.js'
import { allWell } from '../kit/oracle.js'
import { LONG } from '../kit/patience.js'
import { answer, type Behaviour, ScriptedClickHouse } from '../kit/scripted-clickhouse.js'
import { Exports, newRun } from './exports.js'
import { DiskFaults, FaultyFs } from './faulty-fs.js'
import { faultsOf } from './figures.js'
import { MemoryDisk } from './memory-disk.js'
import { MemoryNetwork } from './memory-network.js'
import { settled, takeTheClock } from './model/clock.js'
import { mount } from './mounts.js'
import { randomOf, SEED } from './seed.js'

// Several processes, one after the other. A killed one never returns from its calls, which the next must not wait for.
vi.mock(import('../../packages/exporter-clickhouse/src/common/own-files.js'), async () => {
  const { withMounts } = await import('./mounts.js')
  const files = withMounts(await import('node:fs/promises'))
  return { ownFiles: () => files }
})

beforeEach(() => takeTheClock())
afterEach(() => vi.useRealTimers())

const count = faultsOf('schedules')
const TABLE = 'telemetry.traces'
const NAMES = ['a', 'b'] as const
const ANSWERS: Record<string, Behaviour> = {
  well: answer,
  'stored, then reset': commitsAndResets,
  reset: readsAndEnds(0),
  overloaded: throws({ code: 241 }),
}
const answers = fc.constantFrom(...Object.keys(ANSWERS))

interface Machine {
  readonly disk: MemoryDisk
  readonly network: MemoryNetwork
  readonly tables: ReadonlyMap<string, MemoryClickHouse>
  gate: (what: string) => Promise<unknown>
}

/** Two servers and a disk. Every step of them waits for its turn. */
function machineOf(scripts: Readonly<Record<(typeof NAMES)[number], string[]>>): Machine {
  const network = new MemoryNetwork()
  const tables = new Map<string, MemoryClickHouse>()
  const machine: Machine = {
    disk: new MemoryDisk(),
    network,
    tables,
    gate: () => Promise.resolve(),
  }
  for (const name of NAMES) {
    const memory = new MemoryClickHouse()
    tables.set(name, memory)
    const script = [...scripts[name]]
    const server = new ScriptedClickHouse(memory, async (exchange) => {
      await machine.gate(`${name} answers`)
      const how = exchange.isInsert ? script.shift() : undefined
      if (how && how !== 'well') count(`answer: ${how}`)
      return (ANSWERS[how ?? 'well'] as Behaviour)(exchange)
    })
    network.add(`${name}.test`, server)
  }
  return machine
}

/** A process that uses them. */
function processOn(machine: Machine, whenFull: 'drop_oldest' | 'drop_newest') {
  const files = new FaultyFs(machine.disk, new DiskFaults(), (what) => machine.gate(what))
  const directory = `${mount(newRun(), files.fs)}/spool`
  const agent = machine.network.process()
  const exporter = new ClickHouseSpanExporter({
    agent,
    retry: { initialDelayMs: 10, maxDelayMs: 10 },
    shutdownTimeoutMs: 20_000,
    queue: { whenFull },
    destinations: NAMES.map((name) => ({
      name,
      endpoint: `http://${name}.test:8123`,
      spool: { directory, fsync: 'always' as const, leaseMs: 300 },
    })),
  })
  const kill = () => {
    files.kill()
    agent.kill()
  }
  return { exporter, kill }
}

/** Lets one step after the other happen, in the order of the scheduler. When no step is due, time goes by. */
async function unfold(
  scheduler: Scheduler,
  isOver: () => boolean,
  maxSteps = 20_000,
): Promise<void> {
  for (let steps = 0; !isOver() && steps < maxSteps; steps++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (scheduler.count() === 0) await settled(() => String(scheduler.count()))
    if (scheduler.count() > 0) await scheduler.waitNext(1)
    else vi.advanceTimersByTime(20)
  }
}

const scripts = fc.record({
  a: fc.array(answers, { maxLength: 5 }),
  b: fc.array(answers, { maxLength: 5 }),
})
const options = {
  seed: SEED,
  numRuns: LONG ? 20_000 : 75,
  // In `npm test` as many on every machine.
  ...(LONG && { interruptAfterTimeLimit: 60_000 }),
}

test('in any order of answers from disk and servers, each row is delivered once and nothing is left behind', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      scripts,
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
      async (scheduler, script, sizes) => {
        const machine = machineOf(script)
        machine.gate = (what) => scheduler.schedule(Promise.resolve(), what)
        const { exporter } = processOn(machine, 'drop_oldest')
        const exports = new Exports(exporter, NAMES)
        const answered = sizes.map((size) => exports.export(size))
        let isOver = false
        const flushed = exporter.forceFlush({ timeoutMs: 60_000 })
        const all = Promise.all([...answered, flushed])
          .then(() => exporter.shutdown())
          .then(() => {
            isOver = true
          })
        await unfold(scheduler, () => isOver)
        expect(isOver).toBe(true)
        await all
        for (const name of NAMES) {
          const table = machine.tables.get(name)?.table(TABLE)
          expect(exports.oracle.judge(name, table?.rows ?? [])).toEqual(allWell(exports.made))
          expect(exporter.stats().destinations[name]).toMatchObject({
            delivered: exports.made,
            dropped: {},
            waiting: 0,
            spooledBytes: 0,
          })
        }
        expect(exports.answers).toEqual(sizes.map(() => 1))
        expect(machine.disk.files('/spool')).toEqual([])
      },
    ),
    options,
  )
}, 700_000)

test('killed, or without power, at any step: the next process delivers the acknowledged rows once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      scripts,
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
      fc.nat({ max: 250 }),
      fc.option(fc.nat({ max: 1000 }), { nil: undefined }),
      async (scheduler, script, sizes, steps, powerLoss) => {
        const machine = machineOf(script)
        machine.disk.makeFolder('/spool', 0o700)
        machine.disk.sync(machine.disk.root)
        machine.gate = (what) => scheduler.schedule(Promise.resolve(), what)
        const victim = processOn(machine, 'drop_oldest')
        const exports = new Exports(victim.exporter, NAMES)
        const acknowledged = new Set<number>()
        for (const size of sizes)
          void exports.export(size).then((numbers) => {
            if (!killed) for (const number of numbers) acknowledged.add(number)
          })
        let killed = false
        let left = steps
        await unfold(scheduler, () => left-- <= 0)
        killed = true
        victim.kill()
        count(powerLoss === undefined ? 'killed' : 'power lost')
        if (powerLoss !== undefined) machine.disk.losePower(randomOf(powerLoss))

        machine.gate = () => Promise.resolve()
        const heir = processOn(machine, 'drop_oldest')
        let rounds = 0
        const isDelivered = () =>
          rounds++ > 40 &&
          machine.disk.files('/spool').every(({ path }) => !path.endsWith('.batch'))
        for (let round = 0; round < 2000 && !isDelivered(); round++) {
          for (let turn = 0; turn < 10; turn++)
            await new Promise((resolve) => setImmediate(resolve))
          vi.advanceTimersByTime(20)
        }
        for (const name of NAMES) {
          const rows = machine.tables.get(name)?.table(TABLE).rows ?? []
          const { missing, examples, ...verdict } = exports.oracle.judge(name, rows)
          expect(verdict).toMatchObject({ foreign: 0, altered: 0, doubled: 0 })
          exports.oracle.excuse(
            name,
            Array.from({ length: exports.made }, (_, n) => n).filter((n) => !acknowledged.has(n)),
          )
          expect(exports.oracle.judge(name, rows)).toMatchObject({ missing: 0, examples: [] })
        }
        let isClosed = false
        void heir.exporter.shutdown().then(() => {
          isClosed = true
        })
        await unfold(scheduler, () => isClosed)
      },
    ),
    options,
  )
}, 700_000)
