import { clock } from '../common/clock.js'
import { warnEverybody } from './visible-warning.js'

/** Warns about a destination that has never taken a row, even if `diag` has no logger. */
export interface FirstRows {
  /** An attempt failed. `why`: one or more sentences. */
  failed(why: string, waitingRows: number): void
  /** Rows were taken, so the configuration works: never warn again. */
  taken(): void
  /** The last attempts begin. There is no warning until they have ended. */
  ending(): void
  /** The process or the pipeline ends, and `lostRows` rows are lost. */
  ended(lostRows: number): void
}

// Until then, a server that starts together with the application should be up. If a script ends sooner, the warning says how many rows are lost.
const PATIENCE_MS = 1000

export function watchFirstRows(where: string, subject: string): FirstRows {
  let done = false
  let isEnding = false
  let why: string | undefined
  let waiting = 0
  let timer: NodeJS.Timeout | undefined

  function say(what: string): void {
    stop()
    warnEverybody(
      'SPANHOUSE_NO_ROWS_TAKEN',
      subject,
      `${where} has taken no rows: ${why ?? 'it has not answered.'} ${what}`.trimEnd(),
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
      if (!isEnding)
        timer ??= clock
          .setTimeout(
            () => say(waiting > 0 ? `Rows are kept and sent again (${waiting} so far).` : ''),
            PATIENCE_MS,
          )
          .unref()
    },
    taken: stop,
    ending() {
      isEnding = true
      clock.clearTimeout(timer)
      timer = undefined
    },
    ended(lostRows) {
      if (!done && lostRows > 0) say(`${lostRows} rows were not delivered and are lost.`)
      isEnding = false
    },
  }
}
