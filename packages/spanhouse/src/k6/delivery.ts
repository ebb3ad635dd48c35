import { setTimeout as sleep } from 'node:timers/promises'
import { type Config, Pipeline } from '#exporter'
import type { Row } from './record.js'

/** What became of the rows at one ClickHouse. */
export interface Delivered {
  readonly url: string
  readonly samples: string
  readonly thresholds: string
  readonly delivered: number
  /** On disk, for the next process with this spool. */
  readonly spooled: number
  readonly lost: number
  readonly possibleDuplicates: number
  readonly lastError: string | undefined
}

export interface Delivery {
  write(row: Row): void
  /** Waits while more than half of a queue is full, but at most `patienceMs` without progress: after that, rows may be dropped. */
  room(patienceMs: number): Promise<void>
  /** Flushes, and says what became of the rows. To be called once. */
  finish(): Promise<readonly Delivered[]>
}

const POLL_MS = 20

export function openDelivery(config: Config<Row>): Delivery {
  const pipeline = new Pipeline<Row>(config)
  const half = Math.min(...config.destinations.map(({ queue }) => queue.maxBytes / 2))
  const state = () => Object.values(pipeline.stats().destinations)
  let before = ''
  /** Kept between calls: without a delivered row, `patienceMs` is waited once, and not once for each chunk. */
  let stuckSince: number | undefined
  return {
    write: (row) => pipeline.accept(row),
    async room(patienceMs) {
      for (;;) {
        const all = state()
        const isFull = all.some(({ waitingBytes }) => waitingBytes > half)
        const now = all.map(({ delivered }) => delivered).join()
        // Rows that are compressed or dropped make room too, and that is no progress.
        if (now !== before) stuckSince = undefined
        before = now
        if (!isFull) return
        stuckSince ??= performance.now()
        if (performance.now() - stuckSince > patienceMs) return
        await sleep(POLL_MS)
      }
    },
    async finish() {
      await pipeline.shutdown()
      const stats = pipeline.stats().destinations
      return config.destinations.map((one): Delivered => {
        const figures = stats[one.name]
        if (figures === undefined) throw new Error(`no figures of ${one.name}`)
        const [samples, thresholds] = one.targets.map(
          ({ database, table }) => `${database}.${table}`,
        )
        const { delivered, dropped, waiting, possibleDuplicates, lastError } = figures
        return {
          url: one.endpoint.href.replace(/\/$/, ''),
          ...{ samples: samples ?? '', thresholds: thresholds ?? '' },
          ...{ delivered, spooled: waiting, possibleDuplicates },
          lost: Object.values(dropped).reduce((sum, rows) => sum + rows, 0),
          lastError: lastError ?? undefined,
        }
      })
    },
  }
}
