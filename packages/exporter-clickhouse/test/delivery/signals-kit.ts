import type { SpanLike } from '@spanhouse/transform'
import { onTestFinished } from 'vitest'
import { SOON } from '../../../../test/kit/exporters.js'
import { PATIENT_MS, SOON_MS } from '../../../../test/kit/patience.js'
import type { Received } from '../../../../test/kit/scripted-server.js'
import type { Options } from '../../src/config/options.js'
import { parseConfig } from '../../src/config/parse-config.js'
import { Pipeline } from '../../src/pipeline/pipeline.js'

export const SIGNALS = ['traces', 'logs', 'metrics'] as const
export type SignalName = (typeof SIGNALS)[number]

/** A pipeline of a signal. Its rows are spans, in a table that has the name of the signal. It is shut down when the test ends. */
export function pipelineOf(signal: SignalName, options: Options): Pipeline<SpanLike> {
  const patient = { timeoutMs: SOON_MS, flushTimeoutMs: PATIENT_MS, shutdownTimeoutMs: 20 }
  const config = parseConfig('traces', { ...patient, retry: SOON, ...options }, {})
  const destinations = config.destinations.map((one) => ({
    ...one,
    signal,
    targets: [{ ...one.targets[0], table: signal }] as const,
  }))
  const made = new Pipeline({ ...config, destinations })
  onTestFinished(() => made.shutdown())
  return made
}

/** A pipeline of each signal, all with the same options. */
export function pipelines(options: Options): Record<SignalName, Pipeline<SpanLike>> {
  return {
    traces: pipelineOf('traces', options),
    logs: pipelineOf('logs', options),
    metrics: pipelineOf('metrics', options),
  }
}

/** The signal whose rows a request inserts. */
export function signalOf({ query }: Received): SignalName | undefined {
  const table = /^INSERT INTO `\w+`\.`(\w+)`/.exec(query.get('query') ?? '')?.[1]
  return SIGNALS.find((signal) => signal === table)
}
