import type { LogRecordLike, SpanLike } from '@spanhouse/transform'
import { ConfigError } from '../common/errors.js'
import type { OfResource } from '../pipeline/pending-resources.js'
import { askedFor } from './choice.js'
import { LOG_RECORDS, type RecordKind, SPANS } from './kind.js'
import { open } from './open.js'
import {
  disposable,
  type LogRecordProcessors,
  type SpanProcessors,
  type SwitchableLogRecordProcessor,
  type SwitchableSpanProcessor,
} from './processors.js'
import { takePart } from './registry.js'
import { newSwitchable, type Switchable } from './switchable.js'

/** Not NodeJS.ProcessEnv: frameworks add members to it that are not optional. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The span processors that OTEL_TRACES_EXPORTER asks for: a list of `clickhouse`, `otlp`, `console` and `none`; unset means `otlp`.
 * ClickHouse is configured by OTEL_EXPORTER_CLICKHOUSE_*, OTLP by OTEL_EXPORTER_OTLP_* (which the official exporter reads from
 * `process.env`) and OTEL_BSP_*. `switchBackend()` changes the backends later. A backend that cannot be used is left out, with a
 * warning. Throws a ConfigError only if spans go to ClickHouse and its configuration file cannot be used.
 */
export function spanProcessorsFromEnv(env: Environment = process.env): SpanProcessors {
  const { accept, ...shared } = fromEnv<SpanLike>(SPANS, env)
  const processor: SwitchableSpanProcessor = { onStart() {}, onEnd: accept, ...shared }
  return disposable([processor], () => processor.shutdown())
}

/**
 * The log record processors that OTEL_LOGS_EXPORTER asks for: a list of `clickhouse`, `otlp`, `console` and `none`; unset means `otlp`. As
 * spanProcessorsFromEnv() otherwise, with OTEL_BLRP_* for OTLP. Put them last in the list of processors: ClickHouse encodes each record
 * when it is emitted.
 */
export function logRecordProcessorsFromEnv(env: Environment = process.env): LogRecordProcessors {
  const { accept, ...shared } = fromEnv<LogRecordLike>(LOG_RECORDS, env)
  const processor: SwitchableLogRecordProcessor = { onEmit: accept, ...shared }
  return disposable([processor], () => processor.shutdown())
}

function fromEnv<Input extends OfResource>(
  kind: RecordKind<Input>,
  env: Environment,
): Omit<Switchable<Input>, 'replace'> {
  const { names, decidedBy, onProblem, doubtUnused } = askedFor(kind, env)
  const first = open(kind, { names, before: [], env, decidedBy, onProblem })
  if (first.length > 0) doubtUnused()

  let leave = () => {}
  const { replace, ...processor } = newSwitchable(first, () => leave())
  leave = takePart({
    signal: kind.signal as 'traces' | 'logs',
    prepare: (names) =>
      replace((before) =>
        open(kind, { names, before, env, decidedBy: 'switchBackend()', onProblem: refuse }),
      ),
  })
  return processor
}

function refuse(problem: string): never {
  throw new ConfigError([problem])
}
