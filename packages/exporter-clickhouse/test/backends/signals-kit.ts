import { fileURLToPath } from 'node:url'
import { onTestFinished, vi } from 'vitest'
import { type IMetricReader, LoggerProvider, MeterProvider, sdk, TracerProvider } from '#sdk'
import { flushed, PATIENT_MS } from '../../../../test/kit/patience.js'
import { logRecordProcessorsFromEnv, spanProcessorsFromEnv } from '../../src/backends/from-env.js'
import { metricReadersFromEnv } from '../../src/backends/metric-readers.js'
import { runsIn } from './backends-kit.js'

/** The ways of a signal from the environment, and what makes records for them. */
export interface Ways {
  /** Makes so many records, or data points. */
  make(count: number): void
  flush(): Promise<void>
  shutdown(): Promise<unknown>
}

type Env = Record<string, string>

const WAYS: Record<'traces' | 'logs' | 'metrics', (env: Env) => Ways> = {
  traces(env) {
    const processors = spanProcessorsFromEnv(env)
    const tracer = new TracerProvider({ spanProcessors: processors }).getTracer('test')
    return {
      make: (count) => times(count, (n) => tracer.startSpan(`span ${n}`).end()),
      ...endsOf(processors),
    }
  },
  logs(env) {
    const processors = logRecordProcessorsFromEnv(env)
    const logger = new LoggerProvider({ processors }).getLogger('test')
    return {
      make: (count) => times(count, (n) => logger.emit({ body: `record ${n}` })),
      ...endsOf(processors),
    }
  },
  metrics(env) {
    const readers = metricReadersFromEnv(env)
    const provider = new MeterProvider({ readers: readers satisfies IMetricReader[] })
    const counter = provider.getMeter('test').createCounter('counter')
    return {
      make: (count) => times(count, (n) => counter.add(1, { n })),
      flush: () => provider.forceFlush({ timeoutMillis: PATIENT_MS }),
      shutdown: () => provider.shutdown(),
    }
  },
}

export const SIGNALS = ['traces', 'logs', 'metrics'] as const
export type SignalName = (typeof SIGNALS)[number]

/** The variable of a signal. */
export const variable = (signal: SignalName): string => `OTEL_${signal.toUpperCase()}_EXPORTER`

/** In an application that has NodeSDK, and with it all official exporters. Shut down when the test ends. */
export function waysFrom(signal: SignalName, env: Env): Ways {
  runsIn(fileURLToPath(new URL(`../../../../test/app-${sdk}/any.js`, import.meta.url)))
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value) // the official exporters read it
  const ways = WAYS[signal](env)
  onTestFinished(async () => void (await ways.shutdown()))
  return ways
}

function endsOf(
  processors: {
    forceFlush(options?: { timeoutMs?: number }): Promise<void>
    shutdown(): Promise<void>
  }[],
) {
  return {
    flush: async () => void (await Promise.all(processors.map(flushed))),
    shutdown: () => Promise.all(processors.map((one) => one.shutdown())),
  }
}

function times(count: number, work: (n: number) => void): void {
  for (let n = 1; n <= count; n++) work(n)
}

/** What names a row of a signal. */
export function nameOf(row: Record<string, unknown>): unknown {
  return row['span_name'] ?? row['body'] ?? (row['attributes'] as Record<string, string>)['n']
}
