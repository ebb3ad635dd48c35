import { diag } from '@opentelemetry/api'
import type { DropReason } from '../accounting/drop-reason.js'
import type { Refused } from '../clickhouse/tables.js'
import { clock } from '../common/clock.js'
import { ClickHouseError, errorText } from '../common/errors.js'
import type { FirstRows } from './first-rows.js'
import { warnAtExit } from './visible-warning.js'

/** The log lines of one destination: one when it begins to fail, at most one a minute while it fails, and one when it recovers. */
export interface DestinationLog {
  failed(error: Error, fix: string | undefined, waitingRows: number): void
  recovered(): void
  /** Rows are in the table. */
  delivered(): void
  /** The last flush before the end begins. */
  ending(): void
  /** The process or the pipeline ends, and these rows were not delivered. */
  ended(lostRows: number, how: string): void
  /** The process ends now, before these rows were flushed. */
  exited(lostRows: number): void
  lostLetter(problem: Error): void
  dropped(rows: number, reason: DropReason, error: Error | undefined): void
  noDeduplication(because: string): void
  /** Settings of ours that are left out because the server forbids them, each with its consequence. */
  leftOut(settings: readonly string[]): void
  differences(found: readonly string[]): void
  refusedCompanion(refused: Refused): void
  spool(line: string): void
}

const SUMMARY_EVERY_MS = 60_000

export function destinationLog(
  name: string,
  endpoint: URL,
  now: () => number = clock.now,
  firstRows?: FirstRows,
): DestinationLog {
  const log = guardedLogger()
  const where = `${name} (${endpoint.host})`
  let failingSince: number | undefined
  let lastSummary = Number.NEGATIVE_INFINITY
  let droppedSince = 0
  let lastDropLine = Number.NEGATIVE_INFINITY
  let lastLetterLine = Number.NEGATIVE_INFINITY

  return {
    failed(error, fix, waitingRows) {
      const message = error instanceof ClickHouseError ? error.message : errorText(error)
      const text = message.replace(/\.$/, '')
      const advice = fix ? ` ${fix}` : ''
      firstRows?.failed(`${text}.${advice}`, waitingRows)
      if (failingSince === undefined) {
        failingSince = lastSummary = now()
        log.warn(`${where} takes no rows: ${text}.${advice} Rows are kept and will be sent again.`)
      } else if (now() - lastSummary >= SUMMARY_EVERY_MS) {
        lastSummary = now()
        const seconds = Math.round((now() - failingSince) / 1000)
        log.warn(
          `${where} has taken no rows for ${seconds} s, ${waitingRows} are waiting: ${text}.${advice}`,
        )
      }
    },
    recovered() {
      if (failingSince === undefined) return
      const seconds = ((now() - failingSince) / 1000).toFixed(1)
      failingSince = undefined
      log.warn(`${where} takes rows again after ${seconds} s.`) // the same level as the line that reported the failure
    },
    delivered() {
      firstRows?.taken()
    },
    ending() {
      firstRows?.ending()
    },
    ended(lostRows, how) {
      if (lostRows > 0) log.error(`${where}: ${how} with ${lostRows} rows not delivered.`)
      firstRows?.ended(lostRows)
    },
    exited(lostRows) {
      if (lostRows === 0) return
      const text = `${where}: ${lostRows} rows were not delivered, because process.exit() or an error ended the process. Set process.exitCode and let it end by itself, or await shutdown() before.`
      log.error(text)
      if (firstRows) warnAtExit('SPANHOUSE_ROWS_LOST', text)
    },
    noDeduplication(because) {
      log.warn(
        `${where} does not deduplicate: a retry after a lost answer may store rows twice. ${because}`,
      )
    },
    leftOut(settings) {
      log.warn(
        `${where} forbids this user some settings, so they are left out: ${settings.join(' ')} If that matters, allow them.`,
      )
    },
    differences(found) {
      log.warn(`${where}: the table differs from the schema: ${found.slice(0, 10).join('; ')}.`)
    },
    refusedCompanion({ statement, error, fix }) {
      const what = /^\s*CREATE\s+(.*?)\s*(?:\n|$)/.exec(statement)?.[1] ?? 'a companion'
      log.warn(
        `${where} could not create ${what} beside the table: ${errorText(error)}.${fix ? ` ${fix}` : ''} Rows are delivered without it.`,
      )
    },
    spool(line) {
      log.warn(`${where}: ${line}`)
    },
    lostLetter(problem) {
      if (now() - lastLetterLine < SUMMARY_EVERY_MS) return
      lastLetterLine = now()
      log.warn(
        `${where}: a refused row cannot be kept as a dead letter: ${errorText(problem)}. It is counted as dropped.`,
      )
    },
    dropped(rows, reason, error) {
      droppedSince += rows
      const advice =
        reason === 'too_large'
          ? ' Raise the limit of the proxy or the server on the size of a request.'
          : ''
      if (error instanceof ClickHouseError)
        firstRows?.failed(`rows were dropped (${reason}): ${errorText(error)}.${advice}`, 0)
      if (now() - lastDropLine < SUMMARY_EVERY_MS) return
      lastDropLine = now()
      log.error(
        `${where} lost ${droppedSince} rows (${reason})${error ? `: ${errorText(error)}` : ''}.${advice}`,
      )
      droppedSince = 0
    },
  }
}

// A logger of the application that throws must not stop a delivery.
function guardedLogger(): Record<'warn' | 'error', (line: string) => void> {
  const log = diag.createComponentLogger({ namespace: '@spanhouse/exporter-clickhouse' })
  const guarded = (level: 'warn' | 'error') => (line: string) => {
    try {
      log[level](line)
    } catch {}
  }
  return { warn: guarded('warn'), error: guarded('error') }
}
