import { ConfigError } from '../common/errors.js'
import { choiceOfCode } from './names.js'
import { type Member, type Shared, shared } from './registry.js'

/**
 * Changes where spans go, for every processor that `spanProcessorsFromEnv()` has made in this process: to `'clickhouse'`, `'otlp'`,
 * `'console'`, several of them as a list or separated by commas, or `'none'`. Backends that stay keep running. New ones take spans at once.
 * Backends that are no longer named are flushed and shut down; the result resolves when that is done, after `shutdownTimeoutMs` at the
 * latest. No span is lost or sent twice: a span goes to the backends that are in use when it ends. Rejects with a ConfigError and changes
 * nothing if a name is unknown, if a backend is not installed, and if no such processor is in use. Calls are carried out one after another.
 */
export function switchBackend(names: string | readonly string[]): Promise<void> {
  const all = shared()
  const done = all.current.then(() => change(all, names))
  all.current = done.catch(() => {})
  return done
}

async function change({ members }: Shared, given: unknown): Promise<void> {
  const { names, problems } = choiceOfCode(given)
  if (problems.length > 0) throw new ConfigError(problems.map((one) => `switchBackend() ${one}`))
  if (members.size === 0)
    throw new ConfigError([
      'switchBackend() has nothing to change: no processor of spanProcessorsFromEnv() is in use',
    ])
  const prepared: ReturnType<Member['prepare']>[] = []
  try {
    for (const member of members) prepared.push(member.prepare(names))
  } catch (error) {
    for (const one of prepared) one.discard()
    throw error
  }
  await Promise.all(prepared.map((one) => one.begin()))
}
