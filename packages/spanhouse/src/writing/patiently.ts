import { setTimeout as sleep } from 'node:timers/promises'
import { ClickHouseError, errorText, type Outcome } from '#exporter'
import { unlessAborted } from '../clickhouse/unless-aborted.js'
import { CommandError } from '../terminal/command-error.js'

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 5000
const PATIENCE_MS = 60_000
/** An application waits for a server that is read-only for a while; here it is the user who may not write. */
const READONLY = 164

type Failed = Exclude<Outcome, { status: 'delivered' }>

/**
 * Writes, and tries again for a minute while the server may only be busy or away. Resolves with the last outcome. The caller
 * promises that writing twice does no harm.
 */
export async function patiently(
  attempt: () => Promise<Outcome>,
  signal: AbortSignal,
  patienceMs: number = PATIENCE_MS,
): Promise<Outcome> {
  // Connections and timers of the exporter do not keep a process alive.
  const hold = setInterval(() => {}, LONGEST_PAUSE_MS)
  try {
    return await attempts(attempt, signal, performance.now() + patienceMs)
  } finally {
    clearInterval(hold)
  }
}

async function attempts(
  attempt: () => Promise<Outcome>,
  signal: AbortSignal,
  deadline: number,
): Promise<Outcome> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    signal.throwIfAborted()
    // Ctrl-C does not wait for the deadline of an attempt: what is written here may be in doubt, because writing it again does no harm.
    const outcome = await unlessAborted(attempt(), signal)
    if (outcome.status !== 'retry' || outcome.why === 'misconfigured') return outcome
    if (outcome.error instanceof ClickHouseError && outcome.error.code === READONLY) return outcome
    if (performance.now() + pauseMs > deadline) return outcome
    await sleep(pauseMs, undefined, { signal })
  }
}

/** As `patiently`; rejects with a sentence unless it was written. */
export async function written(
  what: string,
  url: string,
  attempt: () => Promise<Outcome>,
  signal: AbortSignal,
): Promise<void> {
  const outcome = await patiently(attempt, signal)
  if (outcome.status !== 'delivered') throw failure(what, url, outcome)
}

export function failure(what: string, url: string, outcome: Failed): CommandError {
  const { error, fix = '' } = { fix: undefined, ...outcome }
  return new CommandError(
    `${what} at ${url} failed: ${errorText(error).replace(/\.$/, '')}. ${fix ?? ''}`.trim(),
  )
}
