import { clock } from './clock.js'
import { warnEverybody } from './visible-warning.js'

/** Sees to it that a destination that never takes a row is noticed, whoever listens to `diag`. */
export interface FirstRows {
  /** An attempt failed; `why` as one or more sentences. */
  failed(why: string, waitingRows: number): void
  /** Rows were taken: from now on the set-up is known to work. */
  taken(): void
  /** The last attempts are made: what comes of them is not said before their end. */
  ending(): void
  /** The process or the pipeline ends, and so many rows are lost. */
  ended(lostRows: number): void
}

// A server that starts beside the application is there by then. A script that ends sooner has its number of lost rows in the line.
const PATIENCE_MS = 1000

export function watchFirstRows(where: string, subject: string): FirstRows {
  let done = false
  let ends = false
  let why: string | undefined
  let waiting = 0
  let timer: NodeJS.Timeout | undefined

  function say(what: string): void {
    stop()
    warnEverybody(
      'SPANHOUSE_NO_ROWS_TAKEN',
      subject,
      `${where} has taken no rows: ${why ?? 'it has not answered.'} ${what}`,
    )
  }

  function stop(): void {
    done = true
    clock.clearTimeout(timer)
  }

  return {
    failed(newWhy, waitingRows) {
      if (done) return
      why = newWhy
      waiting = waitingRows
      if (!ends)
        timer ??= clock
          .setTimeout(() => say(`${waiting} rows are waiting, and are sent again.`), PATIENCE_MS)
          .unref()
    },
    taken: stop,
    ending() {
      ends = true
      clock.clearTimeout(timer)
      timer = undefined
    },
    ended(lostRows) {
      if (!done && lostRows > 0) say(`${lostRows} rows were not delivered, and are lost.`)
      ends = false
    },
  }
}
