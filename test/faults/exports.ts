import { randomBytes } from 'node:crypto'
import { ClickHouseSpanExporter, type Options } from '@spanhouse/exporter-clickhouse'
import type { SpanLike } from '@spanhouse/transform'
import { onTestFinished } from 'vitest'
import { numberedSpan } from '../kit/numbered-spans.mjs'
import { Oracle } from '../kit/oracle.js'

type SpanOptions = NonNullable<Parameters<typeof numberedSpan>[2]>

export function newRun(): string {
  return randomBytes(4).toString('hex')
}

/** Shut down when the test ends. */
export function exporterTo(options: Options): ClickHouseSpanExporter {
  const exporter = new ClickHouseSpanExporter({ shutdownTimeoutMs: 50, ...options })
  onTestFinished(() => exporter.shutdown())
  return exporter
}

/** Exports numbered spans, tells the oracle, and counts the answers. */
export class Exports {
  readonly oracle: Oracle = new Oracle(newRun())
  /** For each export, how often it was answered. */
  readonly answers: number[] = []
  readonly failures: Error[] = []
  #made = 0
  readonly #exporter: { export: ClickHouseSpanExporter['export'] }
  readonly #destinations: readonly string[]

  constructor(exporter: ClickHouseSpanExporter, destinations: readonly string[] = ['primary']) {
    this.#exporter = exporter
    this.#destinations = destinations
  }

  get made(): number {
    return this.#made
  }

  /** Resolves when the export is answered, with the numbers of its spans. */
  export(count: number, options: SpanOptions | ((number: number) => SpanOptions) = {}) {
    const numbers = Array.from({ length: count }, () => this.#made++)
    const of = typeof options === 'function' ? options : () => options
    const spans: SpanLike[] = numbers.map((n) => numberedSpan(this.oracle.run, n, of(n)))
    for (const destination of this.#destinations) this.oracle.accept(destination, numbers)
    const index = this.answers.push(0) - 1
    return new Promise<number[]>((resolve) => {
      this.#exporter.export(spans, ({ error }) => {
        this.answers[index] = (this.answers[index] ?? 0) + 1
        if (error) this.failures.push(error)
        resolve(numbers)
      })
    })
  }
}
