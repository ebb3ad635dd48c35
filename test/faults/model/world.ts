import { diag } from '../../sdk2/node_modules/@opentelemetry/api'
import { DiskFaults, FaultyFs } from '../faulty-fs.js'
import { MemoryDisk, type Remains } from '../memory-disk.js'
import { MemoryNetwork } from '../memory-network.js'
import type { Random } from '../seed.js'
import { goBy, settled } from './clock.js'
import { HeldServer } from './held-server.js'
import { Life } from './life.js'
import type { Plan } from './plan.js'

/** One machine and its servers, on which the commands of the model run. */
export class World {
  readonly plan: Plan
  readonly run: string
  readonly disk = new MemoryDisk()
  readonly diskFaults = new DiskFaults()
  readonly network = new MemoryNetwork()
  readonly servers = new Map<string, HeldServer>()
  readonly lives: Life[] = []
  /** Broken promises. */
  readonly complaints: string[] = []
  /** Spools that were reported to take nothing, by process and signal. */
  readonly #troubled = new Set<string>()

  constructor(plan: Plan, run: string) {
    this.plan = plan
    this.run = run
    for (const one of plan.destinations) {
      const server = new HeldServer(one)
      this.servers.set(one.name, server)
      this.network.add(`${one.name}.test`, server.server)
    }
    // As a volume is: there before the process and after it.
    this.disk.makeFolder('/spool', 0o700)
    this.disk.sync(this.disk.root)
    this.#listen()
  }

  /** The current process. */
  get life(): Life {
    return this.lives.at(-1) as Life
  }

  start(): Life {
    const number = this.lives.length
    for (const server of this.servers.values()) server.life = number
    const life = new Life(number, {
      plan: this.plan,
      run: this.run,
      fs: new FaultyFs(this.disk, this.diskFaults),
      agent: this.network.process(),
      isDiskWell: (signal) =>
        this.isDiskWell && !this.#troubled.has(`${this.run}-${number} ${signal}`),
      complain: (what) => this.complaints.push(what),
    })
    this.lives.push(life)
    return life
  }

  get isDiskWell(): boolean {
    return (
      !this.diskFaults.any && !this.disk.lies && this.disk.capacity === Number.POSITIVE_INFINITY
    )
  }

  /** Ends the process. `remains` says what is left of changes on the disk that were not synced. */
  losePower(random: Random, remains?: Remains): void {
    this.life.kill()
    for (const life of this.lives) life.powerWasLost = true
    this.disk.losePower(random, remains)
  }

  healDisk(): void {
    this.diskFaults.mend()
    this.disk.capacity = Number.POSITIVE_INFINITY
    this.disk.lies = false
  }

  settle(): Promise<void> {
    return settled(() => this.#glance())
  }

  goBy(ms: number, stepMs: number = Math.max(50, ms / 10)): Promise<void> {
    return goBy(ms, stepMs, () => this.#glance())
  }

  /** Batches in the spool. */
  get recordsOnDisk(): string[] {
    if (!this.disk.find('/spool')) return []
    return this.disk
      .files('/spool')
      .map(({ path }) => path)
      .filter((path) => path.endsWith('.batch'))
  }

  #glance(): string {
    const servers = [...this.servers.values()].map((one) => [
      one.server.requests,
      one.server.inserts.length,
      one.held,
      ...this.plan.signals.map((signal) => one.rows(signal).length),
    ])
    const { state, exports } = this.life
    const answers = exports.reduce((sum, one) => sum + one.answers, 0)
    return JSON.stringify([servers, state, answers, [...this.life.look()], this.diskFaults.calls])
  }

  #listen(): void {
    const hear = (...words: unknown[]) => {
      const line = words.join(' ')
      const [, process, says] =
        /the spool in \/mounted\/([\w-]+)\/spool (takes nothing|works again)/.exec(line) ?? []
      if (process === undefined) return
      const spool = `${process} ${/, (logs|metrics)\)/.exec(line)?.[1] ?? 'traces'}`
      if (says === 'takes nothing') this.#troubled.add(spool)
      else this.#troubled.delete(spool)
    }
    const silent = () => {}
    diag.setLogger(
      { error: hear, warn: hear, info: hear, debug: silent, verbose: silent },
      { suppressOverrideMessage: true },
    )
  }
}
