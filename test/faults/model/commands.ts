import fc from 'fast-check'
import type { SignalName } from '../../kit/numbered-records.mjs'
import type { Call } from '../faulty-fs.js'
import { faultsOf } from '../figures.js'
import type { Remains } from '../memory-disk.js'
import { randomOf } from '../seed.js'
import { setWallClock } from './clock.js'
import { ANSWERS, type Answer } from './held-server.js'
import { violations } from './invariants.js'
import type { Ledger } from './ledger.js'
import type { World } from './world.js'

const count = faultsOf('commands of the model')

export type ModelCommand = fc.AsyncCommand<Ledger, World>

interface Made {
  readonly does: (world: World, ledger: Ledger) => void | Promise<void>
  readonly says: string
  /** The kind of fault it is, if it is one. */
  readonly fault?: string | false
  readonly endsALife?: boolean
}

/** After each command the world comes to rest, and then all invariants are checked. */
function command({ does, says, fault = false, endsALife = false }: Made): ModelCommand {
  return {
    check: ({ isOneLife }) => !(endsALife && isOneLife),
    async run(ledger, world) {
      if (fault) count(fault)
      await does(world, ledger)
      await world.settle()
      const found = violations(world)
      if (found.length > 0) throw new Error(`after ${says}: ${found.slice(0, 5).join('; ')}`)
    },
    toString: () => says,
  }
}

const nth = <T>(list: Iterable<T>, n: number): T => {
  const all = [...list]
  return all[n % all.length] as T
}
const nameOf = (world: World, n: number) => nth(world.servers.keys(), n)
const serverOf = (world: World, n: number) => nth(world.servers.values(), n)

function exportRows(
  world: World,
  ledger: Ledger,
  signal: SignalName,
  rows: readonly (number | 'poison')[],
): void {
  const numbers = ledger.newNumbers(signal, rows.length)
  const first = numbers[0] ?? 0
  const taken = world.life.export(signal, numbers, (number) => {
    const row = rows[number - first]
    return row === 'poison' ? { poison: true } : { bytes: row ?? 0 }
  })
  const poisoned = numbers.filter((number) => rows[number - first] === 'poison')
  if (taken) ledger.accept(signal, numbers, poisoned)
}

// Each takes plain values, so that a shrunk failure can be written down as a regression.
export const commands = {
  /** `of`: which of the signals of the run, or all of them at once. */
  export: (rows: readonly (number | 'poison')[], of: number | 'all' = 0): ModelCommand =>
    command({
      says: `export(${JSON.stringify(rows)}, ${JSON.stringify(of)})`,
      does(world, ledger) {
        const { signals } = world.plan
        const some = of === 'all' ? signals : [nth(signals, of)]
        for (const signal of some) exportRows(world, ledger, signal, rows)
      },
    }),
  answer: (server: number, which: number, how: Answer): ModelCommand =>
    command({
      says: `answer(${server}, ${which}, '${how}')`,
      fault: how !== 'well' && `answer: ${how}`,
      does: (world) => serverOf(world, server).answer(which, how),
    }),
  answerAll: (server: number, how: Answer): ModelCommand =>
    command({
      says: `answerAll(${server}, '${how}')`,
      fault: how !== 'well' && `answers: ${how}`,
      does(world) {
        const held = serverOf(world, server)
        for (let left = held.held; left > 0; left--) held.answer(0, how)
      },
    }),
  mode: (server: number, mode: 'hold' | 'answer' | 'hang'): ModelCommand =>
    command({
      says: `mode(${server}, '${mode}')`,
      fault: mode === 'hang' && 'a server hangs',
      does(world) {
        serverOf(world, server).mode = mode
      },
    }),
  down: (server: number): ModelCommand =>
    command({
      says: `down(${server})`,
      fault: 'a server is down',
      does: (world) => world.network.takeDown(`${nameOf(world, server)}.test`),
    }),
  up: (server: number): ModelCommand =>
    command({
      says: `up(${server})`,
      does: (world) => void world.network.down.delete(`${nameOf(world, server)}.test`),
    }),
  wait: (ms: number): ModelCommand =>
    command({ says: `wait(${ms})`, does: (world) => world.goBy(ms) }),
  setClock: (byMs: number): ModelCommand =>
    command({
      says: `setClock(${byMs})`,
      fault: 'the clock is set',
      does: () => setWallClock(byMs),
    }),
  diskFull: (room: number): ModelCommand =>
    command({
      says: `diskFull(${room})`,
      fault: 'the disk is full',
      does(world) {
        world.disk.capacity = world.disk.usedBytes + room
      },
    }),
  diskFails: (call: Call, code: string): ModelCommand =>
    command({
      says: `diskFails('${call}', '${code}')`,
      fault: `disk: ${call} fails with ${code}`,
      does: (world) => world.diskFaults.fail(call, code),
    }),
  diskLies: (): ModelCommand =>
    command({
      says: 'diskLies()',
      fault: 'the disk only says that it has synced',
      does(world, ledger) {
        world.disk.lies = true
        ledger.diskHasLied = true
      },
    }),
  shortWrites: (bytes: number): ModelCommand =>
    command({
      says: `shortWrites(${bytes})`,
      fault: 'the disk takes few bytes at a time',
      does(world) {
        world.diskFaults.shortWrites = bytes
      },
    }),
  diskHeals: (): ModelCommand =>
    command({ says: 'diskHeals()', does: (world) => world.healDisk() }),
  /** kill -9, and another process some time later. */
  crash: (downMs: number): ModelCommand =>
    command({
      endsALife: true,
      says: `crash(${downMs})`,
      fault: 'killed at rest',
      async does(world) {
        world.life.kill()
        await world.goBy(downMs)
        world.start()
      },
    }),
  /** The same, so many turns of the event loop after rows were exported, or an INSERT answered. */
  crashAmid: (
    what: readonly (number | 'poison')[] | Answer,
    turns: number,
    luck: number | undefined,
  ): ModelCommand =>
    command({
      endsALife: true,
      says: `crashAmid(${JSON.stringify(what)}, ${turns}, ${luck})`,
      fault: luck === undefined ? 'killed amid work' : 'power lost amid work',
      async does(world, ledger) {
        if (typeof what === 'string')
          for (const held of world.servers.values()) held.answer(0, what)
        else for (const signal of world.plan.signals) exportRows(world, ledger, signal, what)
        for (let turn = 0; turn < turns; turn++) await new Promise((next) => setImmediate(next))
        if (luck === undefined) world.life.kill()
        else world.losePower(randomOf(luck))
        await world.goBy(700)
        world.start()
      },
    }),
  powerLoss: (downMs: number, luck: number, remains?: Remains): ModelCommand =>
    command({
      endsALife: true,
      says: `powerLoss(${downMs}, ${luck})`,
      fault: 'power lost at rest',
      async does(world) {
        world.losePower(randomOf(luck), remains)
        await world.goBy(downMs)
        world.start()
      },
    }),
  shutdown: (): ModelCommand =>
    command({ endsALife: true, says: 'shutdown()', does: (world) => world.life.shutdown() }),
  /** Shuts down properly, as far as possible, and starts another process. */
  restart: (): ModelCommand =>
    command({
      endsALife: true,
      says: 'restart()',
      async does(world) {
        world.life.shutdown()
        await world.goBy(4000)
        world.start()
      },
    }),
  flush: (): ModelCommand => command({ says: 'flush()', does: (world) => world.life.flush() }),
}

const server = fc.nat({ max: 2 })
const signal = fc.nat({ max: 2 })
const how = fc.constantFrom(...(Object.keys(ANSWERS) as Answer[]))
const row = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(0, 10) },
  { weight: 3, arbitrary: fc.constantFrom(500, 2000) },
  { weight: 1, arbitrary: fc.constant('poison' as const) },
)
const soon = fc.constantFrom(10, 700, 3000)
const diskFault = fc.constantFrom<[Call, string]>(
  ['write', 'EIO'],
  ['datasync', 'EIO'],
  ['sync', 'EIO'],
  ['rename', 'EIO'],
  ['open', 'EMFILE'],
  ['unlink', 'EIO'],
  ['link', 'EMLINK'],
  ['opendir', 'EIO'],
  ['read', 'EIO'],
  ['mkdir', 'EROFS'],
  ['close', 'EIO'],
)

export const anyCommand: fc.Arbitrary<ModelCommand>[] = [
  fc
    .tuple(fc.array(row, { minLength: 1, maxLength: 6 }), signal)
    .map((args) => commands.export(...args)),
  fc
    .tuple(
      fc.array(row, { minLength: 1, maxLength: 3 }),
      fc.oneof(signal, fc.constant('all' as const)),
    )
    .map((args) => commands.export(...args)),
  fc.tuple(server, fc.nat({ max: 3 }), how).map((args) => commands.answer(...args)),
  fc.tuple(server, how).map((args) => commands.answerAll(...args)),
  fc.tuple(server, fc.constant('well' as const)).map((args) => commands.answerAll(...args)),
  fc
    .tuple(server, fc.constantFrom('hold', 'hold', 'answer', 'hang'))
    .map((args) => commands.mode(...args)),
  server.map(commands.down),
  server.map(commands.up),
  fc.constantFrom(30, 150, 1100, 4000, 12_000).map(commands.wait),
  fc.constantFrom(30, 150, 1100).map(commands.wait),
  fc.constantFrom(-86_400_000, -3_600_000, 1000, 86_400_000).map(commands.setClock),
  fc.constantFrom(0, 300, 5000).map(commands.diskFull),
  diskFault.map((args) => commands.diskFails(...args)),
  fc.constant(commands.diskLies()),
  fc.constantFrom(1, 100).map(commands.shortWrites),
  fc.constant(commands.diskHeals()),
  soon.map(commands.crash),
  fc
    .tuple(
      fc.oneof(fc.array(row, { minLength: 1, maxLength: 4 }), how, fc.constant('well' as const)),
      fc.nat({ max: 60 }),
      fc.option(fc.nat({ max: 1000 }), { nil: undefined, freq: 2 }),
    )
    .map((args) => commands.crashAmid(...args)),
  fc.tuple(soon, fc.nat({ max: 1000 })).map((args) => commands.powerLoss(...args)),
  fc.constant(commands.shutdown()),
  fc.constant(commands.restart()),
  fc.constant(commands.flush()),
]
