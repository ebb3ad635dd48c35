import { setTimeout as sleep } from 'node:timers/promises'
import {
  clockText,
  harmless,
  harmlessJson,
  nsText,
  type OperationRow,
  operationsQuery,
  type SpanTable,
} from '@spanhouse/queries'
import { ReadError } from '../clickhouse/read-error.js'
import type { Reader } from '../clickhouse/reader.js'
import type { OpenReader } from '../config/connect.js'
import { SOURCE_OPTIONS } from '../config/source.js'
import { fit } from '../terminal/display-width.js'
import type { Output } from '../terminal/output.js'
import { paint } from '../terminal/paint.js'
import { withProgress } from '../terminal/progress.js'
import { startRedraw } from '../terminal/redraw.js'
import type { Command } from './command.js'
import { choiceOption, durationOption } from './option-values.js'
import { openToRead } from './reading.js'
import { topJson, topTable } from './top-table.js'
import { untilEnded } from './until-ended.js'

const REFRESH_MS = 2000
const DEFAULT_SINCE_MS = 900_000
const MOST_ROWS = 50
const SORTS = ['rate', 'errors', 'p50', 'p95', 'p99', 'max', 'total'] as const

interface View {
  readonly reader: Reader
  readonly table: SpanTable
  readonly sinceMs: number
  readonly services: readonly string[] | undefined
  readonly sort: (typeof SORTS)[number]
}

export const top: Command = {
  name: 'top',
  summary: 'Shows operations by rate, with their errors and percentiles',
  usage: '[options]',
  options: {
    ...SOURCE_OPTIONS,
    service: { type: 'string', value: 'NAME', multiple: true, help: 'only this service' },
    since: { type: 'string', value: 'TIME', help: 'how far back, such as 1h; default: 15m' },
    sort: { type: 'string', value: 'ORDER', help: `${SORTS.join(', ')}; default: rate` },
    once: {
      type: 'boolean',
      help: 'print once and end; otherwise a terminal is refreshed every 2 seconds',
    },
    json: { type: 'boolean', help: 'print one JSON object and end' },
  },
  examples: [
    ['spanhouse top', 'the last 15 minutes, refreshed every 2 seconds'],
    ['spanhouse top --since 1h --sort errors', 'operations with the most errors first'],
    ['spanhouse top --service shop --once > top.txt', 'one service, once'],
    ['spanhouse top --json | jq ".operations[0]"', 'numbers for a script'],
  ],
  async run(context) {
    const { values, out, err, signal } = context
    const sinceMs = durationOption(values, 'since') ?? DEFAULT_SINCE_MS
    const sort = choiceOption(values, 'sort', SORTS) ?? 'rate'
    const services = Array.isArray(values['service']) ? values['service'] : undefined
    const isLive = out.isTerminal && values['json'] !== true && values['once'] !== true
    const work = async ({ reader, table }: OpenReader) => {
      const view = { reader, table, sinceMs, services, sort }
      if (isLive) return live(view, out, signal)
      const sums = await withProgress(err, 'Adding up', () => ask(view, signal))
      out.write(values['json'] === true ? jsonText(sums) : textOf(linesOf(view, sums.rows, out)))
    }
    return untilEnded(context, () => openToRead(context, { waits: isLive }), work)
  },
}

interface Sums {
  readonly rows: readonly OperationRow[]
  readonly fromUs: number
  readonly toUs: number
}

function jsonText({ rows, fromUs, toUs }: Sums): string {
  const value = { from_us: fromUs, to_us: toUs, operations: rows.map(topJson) }
  return `${harmlessJson(JSON.stringify(value, null, 2))}\n`
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

async function ask(view: View, signal: AbortSignal): Promise<Sums> {
  const toUs = Date.now() * 1000
  const fromUs = toUs - view.sinceMs * 1000
  const search = { fromUs, toUs, ...(view.services && { services: view.services }) }
  // Over one range, the order by rate is that by count.
  const sort = view.sort === 'rate' ? 'count' : view.sort
  const query = operationsQuery(view.table, search, { limit: MOST_ROWS, sort })
  const { rows } = await view.reader.ask(query, signal)
  return { rows, fromUs, toUs }
}

/** Draws until the user ends it. While the server is away, the last numbers stay, with the reason below them. */
async function live(view: View, out: Output, signal: AbortSignal): Promise<void> {
  const screen = startRedraw(out)
  let rows: readonly OperationRow[] | undefined
  let problem = ''
  while (!signal.aborted) {
    try {
      rows = (await ask(view, signal)).rows
      problem = ''
    } catch (error) {
      if (!(error instanceof ReadError) || signal.aborted || rows === undefined) throw error
      problem = error.message
    }
    const clock = paint(out, 'dim', clockText(Date.now() * 1000).slice(0, 8))
    const last = problem === '' ? clock : paint(out, 'red', fit(harmless(problem), out.width))
    const room = Math.max(3, (out.height ?? 24) - 3)
    screen.draw([...linesOf(view, rows, out).slice(0, room), last])
    await sleep(REFRESH_MS, undefined, { signal }).catch(() => {})
  }
}

function linesOf(view: View, rows: readonly OperationRow[], out: Output): string[] {
  const { database, table } = view.table
  const where = `${harmless(`${database}.${table}`, 100)}, the last ${nsText(view.sinceMs * 1e6)}`
  if (rows.length > 0) return [fit(where, out.width), ...topTable(rows, out)]
  return [fit(`No spans in ${where}: --since 1d looks further back.`, out.width)]
}
