import type { Stats } from '@spanhouse/exporter-clickhouse'
import { openExporter, type RecordExporter } from '../../kit/entry-points.mjs'
import { type NumberedOptions, numbered, type SignalName } from '../../kit/numbered-records.mjs'
import type { FaultyFs } from '../faulty-fs.js'
import type { MemoryAgent } from '../memory-network.js'
import { mount } from '../mounts.js'
import { optionsOf, type Plan } from './plan.js'

export interface ExportMade {
  readonly signal: SignalName
  readonly numbers: readonly number[]
  readonly at: number
  /** As far as is known, the disk worked without a fault from the call to the answer. */
  diskWasWell: boolean
  answers: number
  answeredAt: number | undefined
  failed: boolean
}

interface Circumstances {
  readonly plan: Plan
  readonly run: string
  readonly fs: FaultyFs
  readonly agent: MemoryAgent
  readonly isDiskWell: (signal: SignalName) => boolean
  readonly complain: (what: string) => void
}

const FLUSH_MS = 3000
const SHUTDOWN_MS = 2000
const SLACK_MS = 1100

/** One process with an exporter of each signal in it, from its start to its end of any kind. */
export class Life {
  readonly number: number
  readonly exports: ExportMade[] = []
  state: 'running' | 'shutting down' | 'shut down' | 'killed' = 'running'
  /** How it ended, and when. */
  end: { readonly how: 'shut down' | 'killed'; readonly at: number } | undefined
  /** Whether the records that it left on disk went through a loss of power. */
  powerWasLost = false
  /** The last that was heard of it. */
  last: ReadonlyMap<SignalName, Stats>
  readonly #with: Circumstances
  readonly #exporters: ReadonlyMap<SignalName, RecordExporter>
  readonly #overdue = new Map<string, number>()
  #flushes = 0

  constructor(number: number, circumstances: Circumstances) {
    this.number = number
    this.#with = circumstances
    const { plan, run, fs, agent } = circumstances
    const mounted = mount(`${run}-${number}`, fs.fs)
    const options = {
      agent,
      acknowledge: plan.acknowledge,
      shutdownTimeoutMs: SHUTDOWN_MS,
      batch: { maxDelayMs: 300 },
      destinations: plan.destinations.map((one) => optionsOf(one, mounted)),
    }
    this.#exporters = new Map(plan.signals.map((one) => [one, openExporter(one, options)]))
    this.last = this.#stats()
  }

  #stats(): ReadonlyMap<SignalName, Stats> {
    return new Map([...this.#exporters].map(([signal, one]) => [signal, one.stats()]))
  }

  get isOver(): boolean {
    return this.state === 'killed' || this.state === 'shut down'
  }

  look(): ReadonlyMap<SignalName, Stats> {
    // A batch that a shutdown left on disk may still be on its way to a dead letter.
    if (this.state !== 'killed') this.last = this.#stats()
    return this.last
  }

  export(
    signal: SignalName,
    numbers: readonly number[],
    options: (n: number) => NumberedOptions,
  ): boolean {
    const { run, isDiskWell } = this.#with
    const made: ExportMade = {
      signal,
      numbers,
      at: performance.now(),
      diskWasWell: isDiskWell(signal),
      answers: 0,
      answeredAt: undefined,
      failed: false,
    }
    const records = numbers.map((number) => numbered[signal](run, number, options(number)))
    const wasRunning = this.state === 'running'
    this.#exporters.get(signal)?.export(records, ({ code }) => {
      if (this.state === 'killed') return
      made.answers++
      made.answeredAt = performance.now()
      made.failed = code !== 0
      made.diskWasWell &&= isDiskWell(signal)
      if (!wasRunning && code === 0) this.#with.complain('an export after shutdown succeeded')
    })
    // Rows after a shutdown are refused, and no account includes them.
    if (wasRunning) this.exports.push(made)
    return wasRunning
  }

  /** Of every signal. */
  flush(): void {
    const nth = this.#flushes++
    for (const [signal, exporter] of this.#exporters)
      this.#flushOne(`flush ${nth} of ${signal}`, exporter)
  }

  #flushOne(label: string, exporter: RecordExporter): void {
    const before = exporter.stats()
    const startedAt = performance.now()
    this.#overdue.set(label, startedAt + FLUSH_MS + SLACK_MS)
    exporter.forceFlush({ timeoutMs: FLUSH_MS }).then(
      () => {
        this.#overdue.delete(label)
        if (this.state === 'killed') return
        for (const [name, one] of Object.entries(exporter.stats().destinations)) {
          const since = one.accepted - (before.destinations[name]?.accepted ?? 0)
          if (one.waiting > since && this.state === 'running')
            this.#with.complain(`${label} resolved, and ${one.waiting} rows wait at ${name}`)
        }
      },
      (error: Error) => {
        this.#overdue.delete(label)
        if (this.state === 'killed') return
        if (performance.now() - startedAt < FLUSH_MS)
          this.#with.complain(`${label} rejected early: ${error.message}`)
        if (!/not flushed within 3000 ms: [abc] \(\d+ rows\)/.test(error.message))
          this.#with.complain(`${label} rejected and named nobody: ${error.message}`)
      },
    )
  }

  shutdown(): void {
    if (this.state === 'running') this.state = 'shutting down'
    this.#overdue.set('shutdown', performance.now() + SHUTDOWN_MS + SLACK_MS)
    Promise.all([...this.#exporters.values()].map((one) => one.shutdown())).then(
      () => {
        this.#overdue.delete('shutdown')
        this.look()
        if (this.state !== 'shutting down') return
        this.state = 'shut down'
        this.end = { how: 'shut down', at: performance.now() }
      },
      (error) => this.#with.complain(`shutdown() rejected: ${error}`),
    )
  }

  /** As by kill -9: none of its calls returns, and it sends nothing more. */
  kill(): void {
    if (this.state === 'killed') return
    this.look()
    this.state = 'killed'
    this.end ??= { how: 'killed', at: performance.now() }
    this.#with.fs.kill()
    this.#with.agent.kill()
  }

  /** Answers that should have come by now and have not. */
  overdue(): string[] {
    if (this.state === 'killed') return []
    const now = performance.now()
    const late = [...this.#overdue].filter(([, due]) => now > due).map(([label]) => label)
    // Servers have a second to answer; a disk has five.
    const unanswered = this.exports.filter((one) => one.answers === 0 && now > one.at + 8000)
    return [...late, ...unanswered.map(({ numbers }) => `the answer to an export of ${numbers}`)]
  }
}
