import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Options, Stats } from '@spanhouse/exporter-clickhouse'
import type { SignalName } from '../kit/numbered-records.mjs'
import { until } from '../kit/patience.js'

const script = fileURLToPath(new URL('child-exporter.mjs', import.meta.url))

export interface ChildPlan {
  /** Default: traces. */
  readonly signal?: SignalName
  readonly options: Options
  readonly run: string
  /** The number of its first record. */
  readonly first: number
  /** The rows of each export, and how often one comes. */
  readonly rows?: number
  readonly everyMs?: number
  readonly poisonEvery?: number
  /** Instead of exports: records given to a processor one by one. */
  readonly recordsPerSecond?: number
  /** The resource of all its records. Default: by their numbers. */
  readonly resource?: number
  /** If more rows wait, it exports nothing for a while. */
  readonly maxWaiting?: number
  readonly heapMiB?: number
}

interface Report {
  readonly stats: Stats
  readonly made: number
  /** The most bytes that heap and buffers took together. */
  readonly peakBytes: number
}

type Said = Partial<Report> & {
  readonly started?: number
  readonly acknowledged?: readonly [first: number, rows: number]
  readonly did?: string
  readonly bug?: string
  readonly logged?: string
  readonly made?: number | readonly [first: number, rows: number]
}

/** A process with an exporter in it. It can be stopped, held up, starved and killed. */
export class Child {
  /** Numbers of the records that it was about to export, and of those whose export was answered. */
  readonly made = new Set<number>()
  readonly acknowledged = new Set<number>()
  /** Its log lines. */
  readonly logged: string[] = []
  /** Unexpected errors. */
  readonly bugs: string[] = []
  stderr = ''
  readonly signal: SignalName
  readonly #process: ChildProcess
  readonly #closed: Promise<unknown>
  readonly #done: string[] = []
  #report: Report | undefined
  #started = false

  constructor({ heapMiB, ...plan }: ChildPlan) {
    const { rows = 10, everyMs = 20, signal = 'traces' } = plan
    this.signal = signal
    const flags = heapMiB === undefined ? [] : [`--max-old-space-size=${heapMiB}`]
    const args = [...flags, script, JSON.stringify({ ...plan, rows, everyMs, signal })]
    this.#process = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#closed = once(this.#process, 'close')
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    this.#process.stdin?.on('error', () => {}) // it was killed
    if (this.#process.stdout)
      createInterface({ input: this.#process.stdout }).on('line', (line) => this.#hear(line))
  }

  /** Its output on stderr, except the warnings that a destination has not taken a row yet. */
  get said(): string {
    const foreseen = /SPANHOUSE_NO_ROWS_TAKEN|--trace-warnings/
    const lines = this.stderr.split('\n').filter((line) => line !== '' && !foreseen.test(line))
    return lines.join('\n')
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }

  /** Resolves when it exports. */
  async started(): Promise<this> {
    await until(() => this.#started || this.hasEnded)
    if (this.hasEnded) throw new Error(`the child did not start: ${this.stderr}`)
    return this
  }

  /** Tells it to do something, and waits until it has. */
  async tell(what: 'stall' | 'stats' | 'stop', argument?: number): Promise<Report | undefined> {
    const before = this.#done.length
    this.#process.stdin?.write(`${JSON.stringify([what, argument])}\n`)
    await until(() => this.#done.length > before || this.hasEnded)
    return this.#report
  }

  /** SIGSTOP, and back. */
  stop(): void {
    this.#process.kill('SIGSTOP')
  }
  resume(): void {
    this.#process.kill('SIGCONT')
  }

  /** Resolves when it is dead and all its output has been read. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#closed
  }

  /** Resolves with its exit code. */
  async ended(): Promise<number | null> {
    await this.#closed
    return this.#process.exitCode
  }

  #hear(line: string): void {
    const said = JSON.parse(line) as Said
    if (said.started !== undefined) this.#started = true
    if (said.did !== undefined) this.#done.push(said.did)
    if (said.logged !== undefined) this.logged.push(said.logged)
    if (said.bug !== undefined) this.bugs.push(said.bug)
    if (said.stats) this.#report = said as Report
    if (Array.isArray(said.made)) add(this.made, said.made as [number, number])
    if (said.acknowledged) add(this.acknowledged, said.acknowledged)
  }
}

function add(to: Set<number>, [first, rows]: readonly [first: number, rows: number]): void {
  for (let number = first; number < first + rows; number++) to.add(number)
}
