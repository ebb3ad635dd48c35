import { clock } from '../common/clock.js'
import { warnEverybody } from './visible-warning.js'

/** Warns about a destination, or a server with all of its destinations, that has never taken a row, even if `diag` has no logger. */
export interface FirstRows {
  /** Rows were taken. */
  readonly hasTaken: boolean
  /** An attempt failed before. */
  readonly isBlamed: boolean
  /** An attempt failed. `why`: one or more sentences. */
  failed(why: string, waitingRows: number): void
  /** Rows were taken, so the configuration works: never warn again. */
  taken(): void
  /** The last attempts begin. There is no warning until they have ended. For a server: those of one of its destinations. */
  ending(): void
  /** The process or the pipeline ends, and `lostRows` rows are lost. The warning waits for all whose end has begun, and has their sum. */
  ended(lostRows: number): void
}

// Until then, a server that starts together with the application should be up. If a script ends sooner, the warning says how many rows are lost.
const PATIENCE_MS = 1000

export function watchFirstRows(where: string, subject: string): FirstRows {
  let isOver = false
  let hasTaken = false
  let endings = 0
  let lost = 0
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
    isOver = true
    clock.clearTimeout(timer)
  }

  return {
    get hasTaken() {
      return hasTaken
    },
    get isBlamed() {
      return why !== undefined
    },
    failed(newWhy, waitingRows) {
      if (isOver) return
      why = newWhy
      waiting = waitingRows
      if (endings === 0)
        timer ??= clock
          .setTimeout(
            () => say(waiting > 0 ? `Rows are kept and sent again (${waiting} so far).` : ''),
            PATIENCE_MS,
          )
          .unref()
    },
    taken() {
      hasTaken = true
      stop()
    },
    ending() {
      endings++
      clock.clearTimeout(timer)
      timer = undefined
    },
    ended(lostRows) {
      lost += lostRows
      endings = Math.max(endings - 1, 0)
      if (endings > 0) return
      if (!isOver && lost > 0) say(`${lost} rows were not delivered and are lost.`)
      lost = 0
    },
  }
}
