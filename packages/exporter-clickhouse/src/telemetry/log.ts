import type { Altered } from '../accounting/alterations.js'
import type { DropReason } from '../accounting/drop-reason.js'
import type { HostLog } from '../clickhouse/hosts.js'
import type { TableNews } from '../clickhouse/tables.js'
import { clock } from '../common/clock.js'
import { ClickHouseError, errorText, whereOf } from '../common/errors.js'
import { type FirstRows, watchFirstRows } from './first-rows.js'
import { guardedLogger } from './guarded-logger.js'
import { newOutage, type Outage } from './outage.js'
import { warnAtExit } from './visible-warning.js'

/** The log of one server. What concerns all of its signals is said once. */
export interface ServerLog {
  /** The log of one of its destinations. `warnings`: whether everybody may be warned, also where `diag` has no logger. */
  of(signal: string, warnings: boolean): DestinationLog
  /** The log of single hosts, where a server has several. */
  readonly hosts: HostLog
}

/** Why an attempt failed. */
interface Failure {
  readonly error: Error
  readonly fix?: string | undefined
}

/** The log lines of one destination. */
export interface DestinationLog {
  /** `isOfServer`: no signal can be delivered. Otherwise only this one cannot. */
  failed(failure: Failure, isOfServer: boolean, waitingRows: number): void
  recovered(): void
  /** Rows are in the table. */
  delivered(): void
  /** The last flush before the end begins. */
  ending(): void
  /** The process or the pipeline ends, and these rows were not delivered. */
  ended(lostRows: number, how: string): void
  /** The process ends now, before these rows were flushed. */
  exited(lostRows: number): void
  /** Every destination has said how many rows it loses: says the sum for the server. */
  hasExited(): void
  lostLetter(problem: Error): void
  /** A batch is divided because the request was too long. */
  tooLarge(error: Error, rows: number): void
  dropped(rows: number, reason: DropReason, error: Error | undefined): void
  /** `isOfServer`: it is so for every table there. */
  noDeduplication(because: string, isOfServer: boolean): void
  /** The table takes one INSERT at a time. */
  oneAtATime(failure: Failure): void
  /** Settings of ours that are left out because the server forbids them, each with its consequence. */
  leftOut(settings: readonly string[]): void
  differences(found: readonly string[]): void
  table(news: TableNews): void
  spool(line: string): void
  /** The server refuses a kind of foreign batch (see `RefusedKinds`). Of these lines there are ten a minute at most: `dispatch` may name any table. */
  refusedKind(line: string): void
  /** Something about a function of the application. */
  hook(line: string): void
  /** The first batch in which values were altered. */
  altered(values: Altered): void
}

const SUMMARY_EVERY_MS = 60_000
const MAX_KINDS_SAID = 10

export function serverLog(name: string, endpoint: URL, now: () => number = clock.now): ServerLog {
  const { debug, warn, error: complain } = guardedLogger()
  const server = `${name} (${endpoint.host})`
  const outage = newOutage(server, warn, now)
  const subject = `${name} ${endpoint.href}`
  const firstRows = watchFirstRows(server, subject)
  const said = new Set<string>()
  const exits: { readonly where: string; readonly lostRows: number; readonly warnings: boolean }[] =
    []

  function warnOnce(line: string): void {
    if (said.has(line)) return
    said.add(line)
    warn(line)
  }

  function sayExits(): void {
    const all = exits.splice(0)
    const [first] = all
    if (!first) return
    const where = all.every((one) => one.where === first.where) ? first.where : server
    const rows = all.reduce((sum, one) => sum + one.lostRows, 0)
    const text = `${where}: ${rows} rows were not delivered, because process.exit() or an error ended the process. Set process.exitCode and let it end by itself, or await shutdown() before.`
    complain(text)
    if (all.some((one) => one.warnings)) warnAtExit('SPANHOUSE_ROWS_LOST', text)
  }

  function of(signal: string, warnings: boolean): DestinationLog {
    const isPlain = signal === 'traces'
    const where = isPlain ? server : `${name} (${endpoint.host}, ${signal})`
    const own = newOutage(where, warn, now)
    const ownFirstRows = watchFirstRows(where, isPlain ? subject : `${subject} ${signal}`)
    const visible = (say: (server: FirstRows, own: FirstRows) => void) => {
      if (warnings) say(firstRows, ownFirstRows)
    }
    let droppedSince = 0
    let lastDropLine = Number.NEGATIVE_INFINITY
    const kinds = { since: Number.NEGATIVE_INFINITY, said: 0, unsaid: 0 }
    const lastLines = new Map<string, number>()

    /** `about`: what has at most one line a minute. */
    function warnRarely(about: string, line: string): void {
      if (now() - (lastLines.get(about) ?? Number.NEGATIVE_INFINITY) < SUMMARY_EVERY_MS) return
      lastLines.set(about, now())
      warn(`${where}: ${line}`)
    }

    return {
      failed(failure, isOfServer, waitingRows) {
        const why = reasonOf(failure)
        visible((server, own) => (isOfServer ? server : own).failed(why, waitingRows))
        // A signal of which it is said already that it takes no rows needs no second line, even if the reason is another now.
        const isShared = outage.isOpen || (isOfServer && !own.isOpen)
        const open = isShared ? outage : own
        open.failed(why, waitingRows)
      },
      recovered() {
        own.recovered()
        outage.recovered()
      },
      delivered() {
        visible((server, own) => {
          server.taken()
          own.taken()
        })
      },
      ending() {
        visible((server, own) => {
          server.ending()
          own.ending()
        })
      },
      ended(lostRows, how) {
        if (lostRows > 0) complain(`${where}: ${how} with ${lostRows} rows not delivered.`)
        visible((server, own) => {
          // The server is to blame unless it has served others, or has refused this signal only.
          const isOwn = server.hasTaken || own.isBlamed
          own.ended(isOwn ? lostRows : 0)
          server.ended(isOwn ? 0 : lostRows)
        })
      },
      exited(lostRows) {
        if (lostRows > 0) exits.push({ where, lostRows, warnings })
      },
      hasExited: sayExits,
      noDeduplication(because, isOfServer) {
        warnOnce(
          `${isOfServer ? server : where} does not deduplicate: a retry after a lost answer may store rows twice. ${because}`,
        )
      },
      oneAtATime(failure) {
        warnOnce(
          `${where} takes one INSERT at a time, and gets no more from now on: ${reasonOf(failure)}`,
        )
      },
      leftOut(settings) {
        warnOnce(
          `${server} forbids this user some settings, so they are left out: ${settings.join(' ')} If that matters, allow them.`,
        )
      },
      differences(found) {
        warn(`${where}: the table differs from the schema: ${found.slice(0, 10).join('; ')}.`)
      },
      table(news) {
        if (news.event === 'companion_refused') return warn(`${where} ${withoutCompanion(news)}`)
        const { event, database, table } = news
        warnRarely(`${event} ${database}.${table}`, lineAbout(news))
      },
      spool(line) {
        warn(`${where}: ${line}`)
      },
      refusedKind(line) {
        if (now() - kinds.since >= SUMMARY_EVERY_MS) Object.assign(kinds, { since: now(), said: 0 })
        if (kinds.said === MAX_KINDS_SAID) {
          kinds.unsaid++
          return
        }
        const more =
          kinds.unsaid > 0
            ? ` (Rows for ${kinds.unsaid} other tables or columns were refused meanwhile.)`
            : ''
        kinds.said++
        kinds.unsaid = 0
        warn(`${where}: ${line}${more}`)
      },
      hook(line) {
        warn(`${where}: ${line}`)
      },
      altered(values) {
        const counts = Object.entries(values).map(([what, count]) => `${what} ${count}`)
        // No warning: a clock that was set back or a limit of the user's own is enough for it.
        debug(
          `${where}: values were altered to fit into their columns: ${counts.join(', ')}. Further ones are counted only (altered in stats()).`,
        )
      },
      tooLarge(error, rows) {
        warnRarely(
          'size',
          `a request with ${rows} rows was too large: ${errorText(error)}. They are divided, and later batches are smaller. Raise the limit of the proxy or the server on the size of a request (nginx: client_max_body_size), or lower \`batch.maxBytes\`.`,
        )
      },
      lostLetter(problem) {
        const line = `a refused row cannot be kept as a dead letter: ${errorText(problem)}. It is counted as dropped.`
        warnRarely('letter', line)
      },
      dropped(rows, reason, error) {
        droppedSince += rows
        const advice =
          reason === 'too_large'
            ? ' Raise the limit of the proxy or the server on the size of a request.'
            : ''
        if (error instanceof ClickHouseError)
          visible((_, own) =>
            own.failed(`rows were dropped (${reason}): ${errorText(error)}.${advice}`, 0),
          )
        if (now() - lastDropLine < SUMMARY_EVERY_MS) return
        lastDropLine = now()
        const lost = droppedSince
        droppedSince = 0 // before the line, because the logger may make records that are dropped too
        const why = reason === 'encode_error' || reason === 'internal_error' ? whereOf : errorText
        complain(
          `${where} lost ${lost} rows (${reason})${error ? `: ${why(error)}` : ''}.${advice}`,
        )
      },
    }
  }

  const hosts = new Map<string, Outage>()
  return {
    of,
    hosts: {
      failed(host, failure) {
        const open =
          hosts.get(host) ??
          newOutage(`${name}: host ${host}`, warn, now, 'Its rows go to other hosts.')
        hosts.set(host, open)
        open.failed(reasonOf(failure))
      },
      recovered: (host) => hosts.get(host)?.recovered(),
    },
  }
}

function withoutCompanion({ statement, error, fix }: Failure & { statement: string }): string {
  const what = /^\s*CREATE\s+(.*?)\s*(?:\n|$)/.exec(statement)?.[1] ?? 'a companion'
  return `could not create ${what} beside the table: ${errorText(error)}.${fix ? ` ${fix}` : ''} Rows are delivered without it.`
}

function lineAbout(news: Exclude<TableNews, { event: 'companion_refused' }>): string {
  const name = `${news.database}.${news.table}`
  if (news.event === 'created_again')
    return `${name} was gone while the application ran, and has been created again. The rows from before are in the old table, if somebody renamed it.`
  const columns = news.columns.slice(0, 10).join(', ')
  return `the table ${name} had lost columns while the application ran, and they have been added again: ${columns}. The rows from before have their defaults there.`
}

function reasonOf({ error, fix }: Failure): string {
  const message = error instanceof ClickHouseError ? error.message : errorText(error)
  return `${message.replace(/\.$/, '')}.${fix ? ` ${fix}` : ''}`
}
