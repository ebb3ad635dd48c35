import { ConfigError } from '../common/errors.js'
import { choiceOfCode } from './names.js'
import { type Member, type Shared, type SwitchableSignal, shared } from './registry.js'

const SIGNALS: readonly SwitchableSignal[] = ['traces', 'logs']

/**
 * Changes where spans and log records go, for every processor that `spanProcessorsFromEnv()` and `logRecordProcessorsFromEnv()` have made in
 * this process: to `'clickhouse'`, `'otlp'`, `'console'`, several of them as a list or separated by commas, or `'none'`. `signals` limits it
 * to `'traces'` or `'logs'`; the default is both. Metrics stay where they are: an SDK cannot change its metric readers after it has started.
 *
 * Backends that stay keep running. New ones take records at once. Backends that are no longer named are flushed and shut down; the result
 * resolves when that is done, after `shutdownTimeoutMs` at the latest. Nothing is lost or sent twice: a span goes to the backends that are
 * in use when it ends, a log record to those in use when it is emitted. Rejects with a ConfigError and changes nothing if a name is unknown,
 * if a backend is not installed, and if no such processor is in use. Calls are carried out one after another.
 */
export function switchBackend(
  names: string | readonly string[],
  options: { signals?: readonly SwitchableSignal[] } = {},
): Promise<void> {
  const all = shared()
  const done = all.current.then(() => change(all, names, options.signals ?? SIGNALS))
  all.current = done.catch(() => {})
  return done
}

async function change({ members }: Shared, given: unknown, signals: unknown): Promise<void> {
  const { names, problems } = choiceOfCode(given)
  const all = [
    ...problems,
    ...(areSignals(signals)
      ? []
      : ['takes as `signals` a list of traces and logs; metric readers cannot be changed']),
  ]
  if (all.length > 0) throw new ConfigError(all.map((one) => `switchBackend() ${one}`))
  const concerned = [...members].filter(({ signal }) => (signals as unknown[]).includes(signal))
  if (concerned.length === 0)
    throw new ConfigError([
      'switchBackend() has nothing to change: no processor of spanProcessorsFromEnv() or logRecordProcessorsFromEnv() is in use',
    ])
  const prepared: ReturnType<Member['prepare']>[] = []
  try {
    for (const member of concerned) prepared.push(member.prepare(names))
  } catch (error) {
    for (const one of prepared) one.discard()
    throw error
  }
  await Promise.all(prepared.map((one) => one.begin()))
}

function areSignals(given: unknown): boolean {
  return (
    Array.isArray(given) &&
    given.length > 0 &&
    given.every((one) => (SIGNALS as readonly unknown[]).includes(one))
  )
}
