import { clock, turn } from '../common/clock.js'

/** What is flushed when a signal asks the process to end. */
interface Flushable {
  /** Time-boxed; never rejects. */
  flushBeforeExit(): Promise<unknown>
}

interface Shared {
  readonly pipelines: Set<Flushable>
  readonly listener: (signal: NodeJS.Signals) => void
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

// One listener for each signal, shared by every version of this package that the process has loaded.
const KEY = Symbol.for('spanhouse.exporter-clickhouse.flush-on-signal')

/** Flushes the pipeline on SIGINT and SIGTERM, until the returned function is called. */
export function flushOnSignal(pipeline: Flushable): () => void {
  const shared = globalThis as { [KEY]?: Shared }
  const registry = shared[KEY] ?? newRegistry()
  shared[KEY] = registry
  if (registry.pipelines.size === 0) listen(registry)
  registry.pipelines.add(pipeline)
  return () => {
    if (registry.pipelines.delete(pipeline) && registry.pipelines.size === 0) ignore(registry)
  }
}

function newRegistry(): Shared {
  const registry: Shared = {
    pipelines: new Set(),
    // It counts the other listeners and removes itself before they run, so that they see the same listeners as without it. A second
    // signal then has its usual effect.
    listener: (signal) => {
      const others = process.listenerCount(signal) - 1
      const left = others === deferringListeners()
      // signal-exit ends the process if it is the only listener. Ours stays until signal-exit has run, so that the flush has time.
      // It is removed before the signal is sent again.
      if (left && others > 0) clock.queueMicrotask(() => ignore(registry))
      else ignore(registry)
      const flushed = Promise.all([...registry.pipelines].map((one) => one.flushBeforeExit()))
      // One turn later, so that a warning about lost rows is printed before the process ends.
      void flushed.then(turn).then(() => {
        // No other listener: the signal ends the process as it would have without ours.
        if (left) process.kill(process.pid, signal)
        else if (registry.pipelines.size > 0) listen(registry)
      })
    },
  }
  return registry
}

function listen(registry: Shared): void {
  ignore(registry) // it already listens if an exporter was made during a flush
  // Ours runs before all others, because a listener added by once() is no longer counted after it has run.
  for (const signal of SIGNALS) process.prependListener(signal, registry.listener)
}

function ignore({ listener }: Shared): void {
  for (const signal of SIGNALS) process.removeListener(signal, listener)
}

interface SignalExit {
  readonly count?: unknown
}

/** Listeners of the package signal-exit (used by execa and many others), which do not end the process while there are other listeners. */
function deferringListeners(): number {
  const { __signal_exit_emitter__: older } = process as { __signal_exit_emitter__?: SignalExit }
  const newer = (globalThis as { [key: symbol]: SignalExit | undefined })[
    Symbol.for('signal-exit emitter')
  ]
  return [older, newer].reduce(
    (sum, emitter) => sum + (typeof emitter?.count === 'number' ? emitter.count : 0),
    0,
  )
}
