import { setTimeout as sleep } from 'node:timers/promises'
import type { Stats } from '@spanhouse/exporter-clickhouse'
import { spanIdOf } from '../../kit/numbered-records.mjs'
import type { Verdict } from '../../kit/oracle.js'
import { LONG, until } from '../../kit/patience.js'
import { TRACES } from '../../kit/signals.js'
import { statsOf } from '../../kit/stats.js'
import type { Exports } from '../exports.js'
import { judgeTable } from '../real-table.js'
import { randomOf } from '../seed.js'
import { type ChaosFault, type Event, SIDE_BY_SIDE } from './faults.js'
import { MAX_ROWS } from './front.js'
import {
  MAX_WAITING,
  openScene,
  POISON_EVERY,
  ROUGH,
  type Scene,
  STEADY,
  type Way,
} from './scene.js'
import { recordsIn } from './torn.js'

export interface Outcome {
  /** Faults by kind. */
  readonly faults: Readonly<Record<string, number>>
  /** From the end of each outage to the first rows after it, in milliseconds. */
  readonly recoveriesMs: readonly number[]
  /** The outage that the longest of them followed. */
  readonly slowestAfter: string
  /** From the end of all faults until no rows waited. */
  readonly drainedMs: number
  /** Rows that waited then at the destinations with faults, and the requests until none waited. */
  readonly leftAtEnd: number
  readonly requestsToDrain: number
  /** The time until a record exported then was found in each table. */
  readonly freshMs: Readonly<Record<string, number>>
  readonly verdicts: Readonly<Record<string, Verdict>>
  /** Events that a run must have met to mean anything. */
  readonly events: Readonly<Record<Event, number>>
  /** Broken promises. */
  readonly complaints: readonly string[]
  readonly rows: number
  readonly kills: number
}

interface Limits {
  readonly seed: number
  /** It goes on for so long, */
  readonly forMs: number
  /** and until everything interesting has happened, but for no longer than this. */
  readonly atMostMs: number
}

const DESTINATIONS = [STEADY, ...ROUGH]
const BEHIND_THE_FRONT: (typeof ROUGH)[number] = 'rough'
// On a machine of any speed: while rows leave, the test waits for them. Every pause of the exporter is at most half as long as this.
const STUCK_MS = 60_000
const DRAINED_MS = 300_000
const STAGED_MS = 5000
const STAGINGS = 8
const LOAD_EVERY_MS = LONG ? 60 : 300
/** How often there are other records beside spans. */
const OTHERS = 0.5

/** A disk that other programs keep busy: a process that is killed then loses rows that were acknowledged without the disk. */
const isSlowDisk = (line: string) => /takes nothing: the disk did not answer/.test(line)

/** Random faults for a time, then none. Everything that is wrong afterwards is in the outcome. */
export async function chaos({ seed, forMs, atMostMs }: Limits): Promise<Outcome> {
  const scene = await openScene(randomOf(seed))
  try {
    const run = new Run(scene)
    await scene.children.replenish()
    const load = run.load()
    const startedAt = performance.now()
    const isOver = async () => {
      const elapsed = performance.now() - startedAt
      if (elapsed < forMs) return false
      return elapsed > atMostMs || Object.values(await run.events()).every((count) => count > 0)
    }
    let over = false
    const watch = (async () => {
      while (!(await isOver().catch(() => false))) await sleep(500)
      over = true
    })()
    await Promise.all(SIDE_BY_SIDE.map((faults) => run.unleash(faults, () => over)))
    await watch
    await load.stop()
    return await run.peace()
  } finally {
    await scene.close()
  }
}

class Run {
  readonly #scene: Scene
  readonly #faults = new Map<string, number>()
  readonly #recoveriesMs: number[] = []
  #slowestAfter = ''
  readonly #complaints: string[] = []
  /** One outage at a time: otherwise it would be unknown from which one a destination has recovered. */
  #outage: Promise<unknown> = Promise.resolve()

  constructor(scene: Scene) {
    this.#scene = scene
  }

  load(): { stop(): Promise<void> } {
    const { random, ways } = this.#scene
    const isBehind = ({ exporter }: Way) =>
      ROUGH.some((name) => statsOf(exporter, name).waiting > MAX_WAITING)
    const isPoison = (number: number) => number % POISON_EVERY === 0
    const pending = new Set<Promise<unknown>>()
    const exportSome = ({ exports }: Way) => {
      const resource = random.between(0, 2)
      const exported = exports
        .export(random.between(1, 80), (number) => ({ poison: isPoison(number), resource }))
        .then((numbers) => {
          for (const name of ROUGH) exports.oracle.excuse(name, numbers.filter(isPoison))
          pending.delete(exported)
        })
      pending.add(exported)
    }
    const timer = setInterval(() => {
      for (const way of ways)
        if ((way.of === TRACES || random.chance(OTHERS)) && !isBehind(way)) exportSome(way)
    }, LOAD_EVERY_MS)
    return {
      async stop() {
        clearInterval(timer)
        await Promise.all(pending)
      },
    }
  }

  async unleash(faults: readonly ChaosFault[], isOver: () => boolean): Promise<void> {
    const { random } = this.#scene
    const [essential, other] = [true, false].map((is) =>
      random.shuffled(faults.filter(({ stages = [] }) => stages.length > 0 === is)),
    )
    for (const fault of essential ?? []) await this.#stage(fault)
    // Each once, and then any.
    const first = [...(other ?? [])]
    while (!isOver()) {
      const fault = first.shift() ?? random.pick(faults)
      if (fault.outageOf.length === 0) await this.#inflict(fault)
      else {
        const turn = this.#outage.then(() => (isOver() ? undefined : this.#inflictOutage(fault)))
        this.#outage = turn
        await turn
      }
      await sleep(random.between(50, 400))
    }
  }

  /** Repeats a fault until its event has happened; only later faults are left to chance. */
  async #stage(fault: ChaosFault): Promise<void> {
    const { stages = [] } = fault
    const hasHappened = async () => {
      const events: Record<string, number> = await this.events().catch(() => ({}))
      return stages.every((event) => (events[event] ?? 0) > 0)
    }
    for (let stagings = 0; stagings < STAGINGS; stagings++) {
      await this.#inflict(fault)
      // The server may be down now, or other faults may be in the way.
      if (
        await until(hasHappened, STAGED_MS).then(
          () => true,
          () => false,
        )
      )
        return
    }
  }

  async #inflict(fault: ChaosFault): Promise<void> {
    this.#count(fault.kind)
    await fault.run(this.#scene, (kind) => this.#count(kind))
  }

  async #inflictOutage(fault: ChaosFault): Promise<void> {
    await this.#inflict(fault)
    const endedAt = performance.now()
    await Promise.all(
      fault.outageOf.map(async (name) => {
        const { delivered } = this.#sumsOf(name)
        const isBack = () => this.#sumsOf(name).delivered > delivered
        await until(isBack).catch(() =>
          this.#complaints.push(`${name} takes nothing after: ${fault.kind}`),
        )
        const RECOVERED_MS = performance.now() - endedAt
        if (RECOVERED_MS > Math.max(0, ...this.#recoveriesMs))
          this.#slowestAfter = `${fault.kind}, at ${name}`
        this.#recoveriesMs.push(RECOVERED_MS)
      }),
    )
  }

  #count(kind: string): void {
    this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + 1)
  }

  async events(): Promise<Record<Event, number>> {
    const { front, resets, ways, servers } = this.#scene
    const tokens = front.inserts.map(({ token }) => token)
    const replayed = front.inserts.filter(({ queryId }) => resets.has(queryId))
    const made = ways.reduce((sum, { exports }) => sum + exports.made, 0)
    const [rough, wire] = ROUGH.map((name) => this.#sumsOf(name))
    return {
      'retries of what may have been stored': tokens.length - new Set(tokens).size,
      'blocks deduplicated by the server': await servers.deduplicated(),
      'records torn': this.#faults.get('a record is torn') ?? 0,
      'rows found by splitting': (rough?.rejected ?? 0) + (wire?.rejected ?? 0),
      'requests replayed on a new connection': replayed.length,
      'rows adopted': (rough?.accepted ?? 0) + (wire?.accepted ?? 0) - 2 * made,
    }
  }

  /** Ends all faults: everything must be delivered, and new records at once. */
  async peace(): Promise<Outcome> {
    const { ways, children, servers } = this.#scene
    await children.killAll()
    const before = this.#roughOnes()
    const endedAt = performance.now()
    await this.#drain()
    const drainedMs = performance.now() - endedAt
    const requestsToDrain = this.#roughOnes().requests - before.requests
    const freshMs = await this.#fresh()
    return {
      faults: {
        ...Object.fromEntries([...this.#faults].sort()),
        'the server ended because of a fault': servers.endedByThemselves,
      },
      recoveriesMs: this.#recoveriesMs,
      slowestAfter: this.#slowestAfter,
      drainedMs,
      leftAtEnd: before.waiting,
      requestsToDrain,
      freshMs,
      verdicts: await this.#verdicts(),
      events: await this.events(),
      complaints: [...this.#complaints, ...this.#breaches()],
      rows:
        ways.reduce((sum, { exports }) => sum + exports.made, 0) +
        children.dead.reduce((sum, { made }) => sum + made.size, 0),
      kills: children.dead.length,
    }
  }

  /** Of all signals. */
  #sumsOf(name: string) {
    const sums = { accepted: 0, delivered: 0, waiting: 0, requests: 0, rejected: 0 }
    for (const { exporter } of this.#scene.ways) {
      const { dropped, ...stats } = statsOf(exporter, name)
      sums.rejected += dropped.rejected ?? 0
      for (const field of ['accepted', 'delivered', 'waiting', 'requests'] as const)
        sums[field] += stats[field]
    }
    return sums
  }

  #roughOnes(): { waiting: number; gone: number; requests: number } {
    const sum = { waiting: 0, gone: 0, requests: 0 }
    for (const name of ROUGH) {
      const { accepted, waiting, requests } = this.#sumsOf(name)
      sum.waiting += waiting
      sum.gone += accepted - waiting
      sum.requests += requests
    }
    return sum
  }

  /** Resolves when no rows wait, in the exporters or in the spool. */
  async #drain(): Promise<void> {
    const { ways, spool } = this.#scene
    // Batches that are set aside because they alone were refused are not waited for.
    for (const { exporter } of ways)
      void exporter.forceFlush({ timeoutMs: DRAINED_MS }).catch(() => {})
    const startedAt = performance.now()
    let gone = -1
    let lastAt = startedAt
    for (;;) {
      const records = await recordsIn(spool)
      if (records.length === 0 && DESTINATIONS.every((name) => this.#sumsOf(name).waiting === 0))
        return
      const now = performance.now()
      if (this.#roughOnes().gone > gone) lastAt = now
      gone = this.#roughOnes().gone
      if (now - lastAt > STUCK_MS || now - startedAt > DRAINED_MS) break
      await sleep(20)
    }
    const stats = ways.map(({ exporter }) => exporter.stats().destinations)
    const fields = ['waiting', 'inFlight', 'requests', 'failing', 'lastError']
    this.#complaints.push(
      `not drained: ${JSON.stringify(stats, [...DESTINATIONS, ...fields])}, ${(await recordsIn(spool)).length} records`,
    )
  }

  async #fresh(): Promise<Record<string, number>> {
    const startedAt = performance.now()
    const landed = this.#scene.ways.map(async ({ of, exports }) => {
      const [number = 0] = await exports.export(1)
      const { tables, id } = of
      const condition = `${id} = '${spanIdOf(exports.oracle.run, number)}'`
      return DESTINATIONS.map(async (name) => {
        const query = `SELECT count() FROM ${name}.${tables[0]?.name} WHERE ${condition}`
        const isThere = async () => (await this.#scene.servers.of(name).query(query)) === '1\n'
        await until(isThere).catch(() =>
          this.#complaints.push(`a fresh record of ${of.title} does not come to ${name}`),
        )
        return [`${of.title}, ${name}`, performance.now() - startedAt]
      })
    })
    return Object.fromEntries(await Promise.all((await Promise.all(landed)).flat()))
  }

  async #verdicts(): Promise<Record<string, Verdict>> {
    const { ways, children, servers } = this.#scene
    const verdicts: Record<string, Verdict> = {}
    for (const { of, exports } of ways) {
      const { oracle } = exports
      for (const { signal, made, acknowledged, logged } of children.dead) {
        if (signal !== of.signal) continue
        const unpromised = [...made].filter(
          (number) =>
            !acknowledged.has(number) || number % POISON_EVERY === 0 || logged.some(isSlowDisk),
        )
        for (const name of ROUGH) {
          oracle.accept(name, made)
          oracle.excuse(name, unpromised)
        }
      }
      for (const name of DESTINATIONS)
        verdicts[`${name}, ${of.title}`] = await judgeTable(oracle, name, servers.of(name), name)
    }
    return verdicts
  }

  *#breaches(): Generator<string> {
    const { ways, front, children } = this.#scene
    let doubtful = 0
    for (const { of, exporter, exports } of ways) {
      const stats = exporter.stats()
      for (const broken of breachesOf(stats, exports)) yield `${of.title}: ${broken}`
      doubtful += stats.destinations[BEHIND_THE_FRONT]?.possibleDuplicates ?? 0
    }
    // On a busy machine one process takes a large batch of another over, and cannot know that the other had met the same limit.
    const tooLarge = front.inserts.reduce((sum, { rows }) => sum + (rows > MAX_ROWS ? rows : 0), 0)
    if (doubtful > tooLarge)
      yield `${doubtful} rows count as possible duplicates, and ${tooLarge} were too many at once`
    if (front.changed.length > 0) yield `${front.changed.length} tokens came with another text`
    for (const bug of front.bugs.slice(0, 3)) yield `the front: ${bug}`
    const lines = [...this.#scene.log, ...children.dead.flatMap(({ logged }) => logged)]
    for (const line of lines)
      if (/takes nothing/.test(line) && !isSlowDisk(line))
        yield `the disk is well, and yet: ${line}`
    for (const { bugs, said } of children.dead) {
      yield* bugs
      if (said !== '') yield `a child said: ${said.slice(0, 500)}`
    }
  }
}

function* breachesOf({ destinations }: Stats, exports: Exports): Generator<string> {
  const { [STEADY]: steady, ...rough } = destinations
  if (steady?.errors !== 0 || Object.keys(steady.dropped).length > 0)
    yield `${STEADY} was affected: ${JSON.stringify(steady)}`
  for (const [name, { dropped, possibleDuplicates }] of Object.entries(rough)) {
    const { rejected, spool_corrupt, ...others } = dropped
    if (Object.keys(others).length > 0) yield `${name} dropped rows: ${JSON.stringify(others)}`
    if (possibleDuplicates > 0 && name !== BEHIND_THE_FRONT)
      yield `${name} counts possible duplicates`
  }
  const wrong = exports.answers.filter((answers) => answers !== 1).length
  if (wrong > 0) yield `${wrong} exports were not answered exactly once`
  for (const { message } of exports.failures.slice(0, 3)) yield `an export failed: ${message}`
}
