import { clock, turn } from './clock.js'

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

// One listener a signal for every copy of this module (ESM and CJS may both be loaded).
const KEY = Symbol.for('spanhouse.exporter-clickhouse.flush-on-signal')

/** Flushes on SIGINT and SIGTERM, as long as it is registered. Returns the way to take it back. */
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
    // It leaves before the others run and looks who they are: they must find what they would without it. A second signal
    // then meets nothing of ours, and does what it always did.
    listener: (signal) => {
      const others = process.listenerCount(signal) - 1
      const left = others === deferringListeners()
      // These end the process at once when they are alone: they are to find us, and to be alone when the signal comes again.
      if (left && others > 0) clock.queueMicrotask(() => ignore(registry))
      else ignore(registry)
      const flushed = Promise.all([...registry.pipelines].map((one) => one.flushBeforeExit()))
      // A turn later: a warning of what was lost is out by then.
      void flushed.then(turn).then(() => {
        // Nobody else listens: it ends the process as it would have without us.
        if (left) process.kill(process.pid, signal)
        else if (registry.pipelines.size > 0) listen(registry)
      })
    },
  }
  return registry
}

function listen(registry: Shared): void {
  ignore(registry) // an exporter that was made during a flush has it listen already
  // First: a listener that was added by once() has gone when the next one runs.
  for (const signal of SIGNALS) process.prependListener(signal, registry.listener)
}

function ignore({ listener }: Shared): void {
  for (const signal of SIGNALS) process.removeListener(signal, listener)
}

interface SignalExit {
  readonly count?: unknown
}

/** Listeners of the package signal-exit (under execa and many others), which leave it to any other listener to end the process. */
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
