import { randomBytes } from 'node:crypto'
import { ClickHouseSpanExporter, type Options } from '@spanhouse/exporter-clickhouse'
import { onTestFinished } from 'vitest'
import { type AnyOptions, openExporter, type RecordExporter } from '../kit/entry-points.mjs'
import {
  type AnyRecord,
  type NumberedOptions,
  numbered,
  type SignalName,
} from '../kit/numbered-records.mjs'
import { Oracle } from '../kit/oracle.js'

export function newRun(): string {
  return randomBytes(4).toString('hex')
}

/** Shut down when the test ends. */
export function exporterTo(options: Options): ClickHouseSpanExporter {
  const exporter = new ClickHouseSpanExporter({ shutdownTimeoutMs: 50, ...options })
  onTestFinished(() => exporter.shutdown())
  return exporter
}

/** An exporter of any signal, shut down when the test ends. */
export function exporterOf(signal: SignalName, options: AnyOptions): RecordExporter {
  const exporter = openExporter(signal, { shutdownTimeoutMs: 50, ...options })
  onTestFinished(() => exporter.shutdown())
  return exporter
}

interface Exporter {
  export(records: never[], callback: (result: { error?: Error }) => void): void
}

/** Exports numbered records, tells the oracle, and counts the answers. */
export class Exports {
  readonly oracle: Oracle
  /** For each export, how often it was answered. */
  readonly answers: number[] = []
  readonly failures: Error[] = []
  #made = 0
  readonly #exporter: Exporter
  readonly #destinations: readonly string[]

  constructor(
    exporter: Exporter,
    destinations: readonly string[] = ['primary'],
    signal: SignalName = 'traces',
  ) {
    this.oracle = new Oracle(newRun(), signal)
    this.#exporter = exporter
    this.#destinations = destinations
  }

  get made(): number {
    return this.#made
  }

  /** Resolves when the export is answered, with the numbers of its records. */
  export(count: number, options: NumberedOptions | ((number: number) => NumberedOptions) = {}) {
    const { run, signal } = this.oracle
    const numbers = Array.from({ length: count }, () => this.#made++)
    const of = typeof options === 'function' ? options : () => options
    const records: AnyRecord[] = numbers.map((n) => numbered[signal](run, n, of(n)))
    for (const destination of this.#destinations) this.oracle.accept(destination, numbers)
    const index = this.answers.push(0) - 1
    return new Promise<number[]>((resolve) => {
      this.#exporter.export(records as never[], ({ error }) => {
        this.answers[index] = (this.answers[index] ?? 0) + 1
        if (error) this.failures.push(error)
        resolve(numbers)
      })
    })
  }
}
