import { setMaxListeners } from 'node:events'
import { type Config, Parcel, Pipeline, type Records, type Signal, startDeadline } from '#exporter'
import type { Taken } from '../answers/export-response.js'
import { Refusal } from '../answers/refusal.js'
import type { Body } from '../bodies/body.js'
import type { SignalStats } from '../telemetry/stats.js'
import { decode, type Format } from './decode.js'
import type { Kind } from './kind.js'
import { newRepeats } from './repeats.js'
import { routesOf } from './routes.js'
import { type Verdict, verdictOn } from './verdict.js'

/** When a client may repeat a request whose rows are still waiting. */
const RETRY_AFTER_SECONDS = 1

/** Takes the requests of one signal. */
export interface Desk<On extends Signal = Signal> {
  readonly kind: Kind<On>
  /**
   * Resolves when the rows of a request are safe, with what the answer says about them. Rejects with a Refusal, at the latest after `holdMs`.
   * Rows that still wait then are kept, and a repeated request waits for the same rows. Releases the body.
   */
  take(body: Body, format: Format, holdMs: number): Promise<Taken>
  stats(): SignalStats
  /** Gives up requests that have not been taken, and delivers what it can. */
  close(): Promise<void>
}

/** `acknowledge`: without a spool, whether a request is answered when its rows are `delivered`, or already when they are queued. */
export function openDesk<On extends Signal>(
  kind: Kind<On>,
  config: Config<Records[On]>,
  acknowledge: 'delivered' | 'accepted',
): Desk<On> {
  const hasSpool = config.destinations.some(({ spool }) => spool !== undefined)
  // If a client is answered only when its rows are safe, the same rows must make the same batches when it sends them again.
  const repeatable = hasSpool || acknowledge === 'delivered'
  const pipeline = new Pipeline<Records[On]>(
    { ...config, acknowledge: repeatable ? 'delivered' : 'accepted', flushOnSignal: false },
    { lead: `receives ${kind.noun}; `, repeatable },
  )
  const closing = new AbortController()
  setMaxListeners(0, closing.signal) // every request that waits listens: Node would warn of a leak
  const repeats = newRepeats()
  const routes = routesOf(config.destinations)
  let [records, rejected, repeated] = [0, 0, 0]

  /** Takes in the records of a body, and releases it. Resolves with false if they were not taken. */
  async function takeIn(
    parcel: Parcel,
    body: Body,
    format: Format,
    patience: AbortSignal,
  ): Promise<boolean> {
    try {
      const slices = decode(kind, body.bytes, format)
      const signals = { patience, closing: closing.signal }
      const taken = await pipeline.intake.take(parcel, slices, signals)
      records += taken ?? 0
      return taken !== undefined
    } finally {
      body.release()
    }
  }

  // It does not get the body: a function that waits for the rows would keep the bytes in memory as long as they wait.
  async function verdictAfter(isTaken: Promise<boolean>, parcel: Parcel): Promise<Verdict> {
    if (!(await isTaken)) return { step: 'repeat', why: `There is no room for more ${kind.noun}.` }
    const verdictNow = () => verdictOn(parcel, routes, kind.noun)
    await parcel.until(() => verdictNow() !== undefined, closing.signal)
    const verdict = verdictNow()
    if (verdict?.step === 'answer') rejected += verdict.taken.rejected
    return verdict ?? { step: 'repeat', why: 'The receiver is closing.' }
  }

  return {
    kind,
    async take(body, format, holdMs) {
      const patience = new AbortController()
      const cancel = startDeadline(holdMs, () => patience.abort(), { ref: false })
      let isNew = false
      try {
        if (closing.signal.aborted) throw busy('The receiver is closing.')
        const verdict = repeats.verdictOn(`${format} ${body.digest}`, () => {
          isNew = true
          const parcel = new Parcel(body.digest)
          return verdictAfter(takeIn(parcel, body, format, patience.signal), parcel)
        })
        if (!isNew) repeated++
        const known = await before(verdict, patience.signal)
        if (!known)
          throw busy(`The ${kind.noun} are waiting to be stored: repeat the request later.`)
        if (known.step === 'repeat') throw busy(known.why)
        return known.taken
      } finally {
        cancel()
        if (!isNew) body.release()
      }
    },
    stats: () => ({ records, rejected, repeats: repeated, exporter: pipeline.stats() }),
    async close() {
      closing.abort()
      await pipeline.intake.ended() // a flush would make batches of half a request
      await pipeline.shutdown()
    },
  }
}

function busy(why: string): Refusal {
  return new Refusal('busy', why, RETRY_AFTER_SECONDS)
}

/** The value, or undefined if the signal aborts first. */
function before<T>(value: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined)
    signal.addEventListener('abort', stop, { once: true })
    value.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
