const SUMMARY_EVERY_MS = 60_000

/** The lines about a time in which no rows are taken: one when it begins, at most one a minute while it lasts, and one when it is over. */
export interface Outage {
  readonly isOpen: boolean
  /** `why`: one or more sentences. */
  failed(why: string, waitingRows?: number): void
  recovered(): void
}

/** `where`: what takes no rows. */
export function newOutage(
  where: string,
  warn: (line: string) => void,
  now: () => number,
  consequence = 'Rows are kept and will be sent again.',
): Outage {
  let since: number | undefined
  let lastSummary = Number.NEGATIVE_INFINITY
  return {
    get isOpen() {
      return since !== undefined
    },
    failed(why, waitingRows) {
      if (since === undefined) {
        since = lastSummary = now()
        warn(`${where} takes no rows: ${why} ${consequence}`)
      } else if (now() - lastSummary >= SUMMARY_EVERY_MS) {
        lastSummary = now()
        const seconds = Math.round((now() - since) / 1000)
        warn(`${where} has taken no rows for ${seconds} s${waiting(waitingRows)}: ${why}`)
      }
    },
    recovered() {
      if (since === undefined) return
      const seconds = ((now() - since) / 1000).toFixed(1)
      since = undefined
      warn(`${where} takes rows again after ${seconds} s.`) // the same level as the line that reported the failure
    },
  }
}

function waiting(rows: number | undefined): string {
  return rows === undefined ? '' : `, ${rows} are waiting`
}
