import { applicationModule } from '../common/application-modules.js'
import { within } from '../common/deadline.js'
import { errorText } from '../common/errors.js'
import { parseConfig } from '../config/parse-config.js'
import { otlpEnvironment, readerEnvironment } from '../config/sources/sdk-environment.js'
import { flushBeforeExit } from '../lifetime/before-exit.js'
import { flushOnSignal } from '../lifetime/flush-on-signal.js'
import { openPointExporter } from '../metrics/point-exporter.js'
import type { Problem } from './backend.js'
import { type BackendOptions, backendOptionsOf } from './backend-options.js'
import { askedFor } from './choice.js'
import type { Environment } from './from-env.js'
import { METRICS } from './kind.js'
import { type BackendName, described } from './names.js'
import {
  adviceFor,
  consoleExporter,
  missingSdk,
  type Official,
  officialExporter,
} from './official-exporter.js'
import { inform } from './open.js'
import { type Disposable, disposable } from './processors.js'
import { findSdk, make, type Sdk, type SdkExporter } from './sdk.js'
import { trackedExporter } from './tracked-exporter.js'
import { warn } from './warn.js'

/** A metric reader of the application's SDK, version 2 or 3. */
export interface MetricReader {
  setMetricProducer(producer: never): void
  selectAggregation(instrumentType: never): never
  selectAggregationTemporality(instrumentType: never): never
  selectCardinalityLimit(instrumentType: never): number
  collect(options?: never): Promise<never>
  forceFlush(options?: { timeoutMillis?: number }): Promise<void>
  shutdown(options?: { timeoutMillis?: number }): Promise<void>
}

/** What `metricReadersFromEnv()` returns. `await using` shuts all of them down at the end of the block. */
export type MetricReaders = Disposable<MetricReader>

interface SdkMetricExporter extends SdkExporter {
  forceFlush(): Promise<void>
  selectAggregation?(instrumentType: unknown): unknown
  selectAggregationTemporality?(instrumentType: unknown): unknown
}

/**
 * The metric readers that OTEL_METRICS_EXPORTER asks for: a list of `clickhouse`, `otlp`, `console`, `prometheus` and `none`; unset means
 * `otlp`. They are readers of the application's `@opentelemetry/sdk-metrics` (for Prometheus, of `@opentelemetry/exporter-prometheus`), which
 * collect every OTEL_METRIC_EXPORT_INTERVAL and, unless Prometheus asks them, once more at the natural end of the process and in
 * `withFlush()`. ClickHouse is configured by OTEL_EXPORTER_CLICKHOUSE_*, OTLP by OTEL_EXPORTER_OTLP_*. A backend that cannot be used is left
 * out, with a warning. Throws a ConfigError only if metrics go to ClickHouse and its configuration file cannot be used.
 */
export function metricReadersFromEnv(env: Environment = process.env): MetricReaders {
  const { names, decidedBy, onProblem, doubtUnused } = askedFor(METRICS, env)
  const readers = new Map<BackendName, MetricReader>()
  // ClickHouse is opened last, because its log line also names the other backends.
  const inOrder = names.toSorted((a, b) => Number(a === 'clickhouse') - Number(b === 'clickhouse'))
  for (const name of inOrder) {
    const opened = names.filter((one) => one === name || readers.has(one))
    const line = `${described('metrics', opened)} (${decidedBy})`
    const reader = OPENERS[name](env, `${line}; `)
    if ('problem' in reader) onProblem(`no metrics go to ${name} (${decidedBy}): ${reader.problem}`)
    else readers.set(name, reader)
  }
  if (!readers.has('clickhouse'))
    inform(`${described('metrics', [...readers.keys()])} (${decidedBy})`)
  if (readers.size > 0) doubtUnused()
  const all = [...readers.values()]
  return disposable(all, async () => {
    await Promise.allSettled(all.map(async (one) => one.shutdown()))
  })
}

type Opener = (env: NodeJS.ProcessEnv, lead: string) => MetricReader | Problem

const OPENERS: Readonly<Record<BackendName, Opener>> = {
  clickhouse: openClickHouse,
  otlp: (env) => {
    const { protocol, doubts } = otlpEnvironment('metrics', env)
    for (const doubt of doubts) warn(doubt, backendOptionsOf(env).warnings)
    return openOfficial('otlp', officialExporter(METRICS, protocol), env)
  },
  console: (env) => openOfficial('console', consoleExporter(METRICS), env),
  prometheus: openPrometheus,
}

function openClickHouse(env: NodeJS.ProcessEnv, lead: string): MetricReader | Problem {
  const sdk = findSdk(METRICS)
  if (!sdk) return missingSdk(METRICS)
  let reader: MetricReader | undefined
  const exporter = openPointExporter(parseConfig('metrics', {}, env), {
    lead,
    collect: async () => reader?.forceFlush(),
  })
  try {
    reader = newReader(sdk, exporter, env)
    return reader
  } catch (error) {
    void exporter.shutdown()
    return { problem: `${sdk.name} cannot be used: ${errorText(error)}` }
  }
}

/** A reader for an exporter of the SDK. It is noticed if the exporter has never taken anything, and flushed at the ends of the process. */
function openOfficial(
  name: BackendName,
  found: Official<SdkMetricExporter> | Problem,
  env: NodeJS.ProcessEnv,
): MetricReader | Problem {
  if ('problem' in found) return found
  const { exporter, sdk } = found
  const options = backendOptionsOf(env)
  const tracked = trackedExporter(exporter, (error) =>
    warn(
      `${name} has taken no metrics: ${errorText(error)}.${name === 'otlp' ? adviceFor(METRICS, env) : ''}`,
      options.warnings,
    ),
  )
  let leave = () => {}
  try {
    const reader = newReader(
      sdk,
      {
        ...selectorsOf(exporter),
        export: tracked.export,
        forceFlush: async () => exporter.forceFlush(),
        async shutdown() {
          leave()
          await exporter.shutdown()
        },
      },
      env,
    )
    leave = flushAtEnds(reader, options)
    return reader
  } catch (error) {
    return { problem: `${sdk.name} cannot be used: ${errorText(error)}` }
  }
}

/** A reader asks the exporter, if it can be asked. */
function selectorsOf(exporter: SdkMetricExporter): Partial<SdkMetricExporter> {
  return {
    ...(exporter.selectAggregation && {
      selectAggregation: exporter.selectAggregation.bind(exporter),
    }),
    ...(exporter.selectAggregationTemporality && {
      selectAggregationTemporality: exporter.selectAggregationTemporality.bind(exporter),
    }),
  }
}

function newReader({ file }: Sdk, exporter: object, env: NodeJS.ProcessEnv): MetricReader {
  const { reader, doubts } = readerEnvironment(env)
  for (const doubt of doubts) warn(doubt, backendOptionsOf(env).warnings)
  return make(file, 'PeriodicExportingMetricReader', { exporter, ...reader })
}

/** Collects and exports once more. The returned function removes it. */
function flushAtEnds(
  reader: MetricReader,
  { flushTimeoutMs, flushOnSignal: onSignal }: BackendOptions,
): () => void {
  const collect = (ms: number) => within(ms, () => reader.forceFlush()).catch(() => {})
  const flushable = {
    acceptedRows: 1, // there may be something to collect
    flush: async () => {},
    collect,
    flushBeforeExit: () => collect(flushTimeoutMs),
  }
  const registrations = [
    flushBeforeExit(flushable),
    ...(onSignal ? [flushOnSignal(flushable)] : []),
  ]
  return () => {
    for (const remove of registrations) remove()
  }
}

/** Prometheus asks for metrics at the port that OTEL_EXPORTER_PROMETHEUS_PORT names (9464), so nothing is flushed. */
function openPrometheus(): MetricReader | Problem {
  const name = '@opentelemetry/exporter-prometheus'
  const file = applicationModule(name)
  if (file === undefined) return { problem: `${name} is not installed: npm install ${name}` }
  try {
    return make(file, 'PrometheusExporter')
  } catch (error) {
    return { problem: `${name} cannot be used: ${errorText(error)}` }
  }
}
