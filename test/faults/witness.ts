import { onTestFinished, vi } from 'vitest'
import { DiagLogLevel, diag, type MeterProvider } from '../sdk2/node_modules/@opentelemetry/api'
import { everythingOf } from './canaries.js'

/** Sees everything that an exporter outputs, except to its servers and its disk, until the test has ended. */
export class Witness {
  /** The source of each output, and its full text. */
  readonly said: { readonly by: string; readonly text: string }[] = []
  readonly meterProvider: MeterProvider
  readonly #collect: (() => void)[] = []

  constructor() {
    for (const level of ['error', 'warn', 'info', 'debug', 'log'] as const)
      onTestFinished(
        vi
          .spyOn(console, level)
          .mockImplementation((...words) => this.hear(`console.${level}`, words)).mockRestore,
      )
    const say = (...words: unknown[]) => this.hear('diag', words)
    diag.setLogger(
      { error: say, warn: say, info: say, debug: say, verbose: say },
      { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true },
    )
    const warned = (warning: Error) => this.hear('a process warning', warning)
    process.on('warning', warned)
    onTestFinished(() => {
      diag.disable()
      process.off('warning', warned)
    })
    this.meterProvider = this.#meters()
  }

  hear(by: string, what: unknown): void {
    this.said.push({ by, text: everythingOf(what) })
  }

  /** Reads all metrics. */
  collect(): void {
    for (const collect of this.#collect) collect()
  }

  #meters(): MeterProvider {
    const hear = (name: string) => (what: unknown) => this.hear(`the metric ${name}`, what)
    const instrument = (name: string, options: unknown) => {
      hear(name)(options)
      return {
        record: (value: number, attributes: unknown) => hear(name)([value, attributes]),
        add: (value: number, attributes: unknown) => hear(name)([value, attributes]),
      }
    }
    const observed = {
      observe: (_: unknown, value: number, attributes: unknown) =>
        hear('observed')([value, attributes]),
    }
    const meter = {
      createHistogram: instrument,
      createCounter: instrument,
      createUpDownCounter: instrument,
      createObservableCounter: instrument,
      createObservableGauge: instrument,
      createObservableUpDownCounter: instrument,
      addBatchObservableCallback: (callback: (result: unknown) => void) =>
        this.#collect.push(() => callback(observed)),
    }
    return {
      getMeter: (...named: unknown[]) => {
        hear('meter')(named)
        return meter
      },
    } as unknown as MeterProvider
  }
}
