import { clock, pause } from '../common/clock.js'
import { startDeadline } from '../common/deadline.js'

// A healthy server has answered by then, and none of this happens.
const PATIENCE_MS = 1000
const ASK_EVERY_MS = 500

interface UnderWay {
  readonly startedAt: number
  readonly aborter: AbortController
}

/** Requests under way, each with a way to end it. */
export interface HangWatch {
  /** Runs one exchange under watch. */
  watched<T>(exchange: (signal: AbortSignal) => Promise<T>): Promise<T>
  /** Ends them all. */
  close(): void
}

/**
 * When a server has gone and come back, what was sent to it before may never be answered: its connection died
 * with the network between. So while a request is silent the server is pinged; if it did not answer and then
 * does, requests from before are ended, to be sent again. One that is merely slow answers every ping.
 */
export function watchForHangs(ping: (signal: AbortSignal) => Promise<boolean>): HangWatch {
  const underWay = new Set<UnderWay>()
  const closing = new AbortController()
  let watching = false

  async function watch(): Promise<void> {
    let awaySince: number | undefined
    while (underWay.size > 0 && !closing.signal.aborted) {
      const askedAt = clock.now()
      if (!(await ping(closing.signal))) awaySince = askedAt
      else if (awaySince !== undefined) {
        for (const one of underWay)
          if (one.startedAt < awaySince) one.aborter.abort(new Error(LOST))
        return
      }
      await pause(ASK_EVERY_MS)
    }
  }

  return {
    async watched(exchange) {
      const one = { startedAt: clock.now(), aborter: new AbortController() }
      underWay.add(one)
      const beginToWatch = () => {
        if (watching) return
        watching = true
        void watch().finally(() => {
          watching = false
        })
      }
      const endPatience = startDeadline(PATIENCE_MS, beginToWatch, { ref: false })
      try {
        return await exchange(one.aborter.signal)
      } finally {
        endPatience()
        underWay.delete(one)
      }
    },
    close() {
      const reason = new Error('given up: shutting down')
      closing.abort(reason)
      for (const { aborter } of underWay) aborter.abort(reason)
    },
  }
}

const LOST = 'no answer, and the server has been away since: taken for lost'
