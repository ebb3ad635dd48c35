import { clock, pause } from '../common/clock.js'
import { startDeadline } from '../common/deadline.js'

// A healthy server answers within this time, and is then never pinged.
const PATIENCE_MS = 1000
const PING_EVERY_MS = 500

interface InFlight {
  readonly startedAt: number
  readonly aborter: AbortController
}

/** Watches requests in flight, and can end each of them. */
export interface HangWatch {
  /** Runs one exchange and watches it. It ends too when `abort` is aborted. */
  watched<T>(exchange: (signal: AbortSignal) => Promise<T>, abort?: AbortSignal): Promise<T>
  /** Ends all requests in flight. */
  close(): void
}

/**
 * A server that went away and came back may never answer what was sent to it before, because the network lost those connections.
 * So while a request gets no answer, the server is pinged. If a ping fails and a later one succeeds, requests that began before
 * the failed ping are ended, and their batches are sent again. A server that is only slow answers every ping. If another host can take
 * rows (`hasSubstitute`, asked when a ping fails), requests that began before the ping are ended at once: they hold up rows for that host.
 */
export function watchForHangs(
  ping: (signal: AbortSignal) => Promise<boolean>,
  hasSubstitute: () => boolean = () => false,
): HangWatch {
  const inFlight = new Set<InFlight>()
  const closing = new AbortController()
  let isWatching = false

  async function watch(): Promise<void> {
    let awaySince: number | undefined
    while (inFlight.size > 0 && !closing.signal.aborted) {
      const pingedAt = clock.now()
      const isThere = await ping(closing.signal)
      if (!isThere) awaySince = pingedAt
      if (awaySince !== undefined && (isThere || hasSubstitute())) {
        for (const one of inFlight)
          if (one.startedAt < awaySince) one.aborter.abort(new Error(isThere ? LOST : SILENT))
        if (isThere) return
      }
      await pause(PING_EVERY_MS)
    }
  }

  return {
    async watched(exchange, abort) {
      const one = { startedAt: clock.now(), aborter: new AbortController() }
      const end = () => one.aborter.abort(abort?.reason)
      if (abort?.aborted) end()
      abort?.addEventListener('abort', end, { once: true })
      inFlight.add(one)
      const startWatching = () => {
        if (isWatching) return
        isWatching = true
        void watch().finally(() => {
          isWatching = false
        })
      }
      const endPatience = startDeadline(PATIENCE_MS, startWatching, { ref: false })
      try {
        return await exchange(one.aborter.signal)
      } finally {
        endPatience()
        abort?.removeEventListener('abort', end)
        inFlight.delete(one)
      }
    },
    close() {
      const reason = new Error('aborted: shutting down')
      closing.abort(reason)
      for (const { aborter } of inFlight) aborter.abort(reason)
    },
  }
}

const SILENT = 'no answer to this request, and none to a ping'
const LOST = 'no answer, and the server was away in between: the request counts as lost'
