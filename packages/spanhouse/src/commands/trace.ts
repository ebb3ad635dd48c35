import {
  buildTrace,
  harmless,
  harmlessJson,
  type LogRow,
  type SpanTable,
  TRACE_MARGIN_US,
  type Trace,
  timeText,
  traceJson,
  traceMarkdown,
} from '@spanhouse/queries'
import { ReadError } from '../clickhouse/read-error.js'
import type { Reader } from '../clickhouse/reader.js'
import { besideFirst } from '../clickhouse/tables.js'
import { findTraceLogs } from '../clickhouse/trace-logs.js'
import { SOURCE_OPTIONS, type Source } from '../config/source.js'
import { CommandError } from '../terminal/command-error.js'
import type { Output } from '../terminal/output.js'
import { withProgress } from '../terminal/progress.js'
import { table as aligned } from '../terminal/table.js'
import type { Command, Context } from './command.js'
import { tailLogLines } from './log-lines.js'
import { countOption } from './option-values.js'
import { openToRead } from './reading.js'
import { isWhole, traceIdIn } from './trace-id.js'
import { type Found, findTrace, MOST_SPANS } from './trace-search.js'
import { traceText } from './trace-text.js'

/** Tables that are looked in when none is named. */
const MOST_TABLES = 5
const MOST_LOGS = 5000

export const trace: Command = {
  name: 'trace',
  summary: 'Shows one trace as a waterfall, with its errors and its logs',
  usage: 'ID [options]',
  positionals: { min: 1, max: 1 },
  options: {
    ...SOURCE_OPTIONS,
    json: { type: 'boolean', help: 'the whole trace as one JSON object' },
    markdown: {
      type: 'boolean',
      help: 'the trace as Markdown, to paste into an issue or a prompt',
    },
    width: {
      type: 'string',
      value: 'COLUMNS',
      help: 'width of the output; default: the width of the terminal',
    },
  },
  examples: [
    [
      'spanhouse trace 0af7651916cd43dd8448eb211c80319c',
      'shows the waterfall, errors and repeated calls',
    ],
    ['spanhouse trace 0af7', 'the first digits are enough if no other trace begins with them'],
    [
      'spanhouse trace 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'a traceparent header works too, and so does the address of the page',
    ],
    ['spanhouse trace 0af7 --markdown | pbcopy', 'to paste into an issue'],
    ['spanhouse trace 0af7 --json | jq ".spans[] | .name"', 'the name of every span'],
    ['spanhouse trace 0af7 --json | jq -r ".logs[] | .body"', 'what every log line says'],
  ],
  async run(context) {
    const { values, err, out, signal } = context
    const width = countOption(values, 'width', [40, 1000])
    if (values['json'] === true && values['markdown'] === true)
      throw new CommandError(
        '--json and --markdown are two forms of the output: leave one of them out.',
        2,
      )
    const id = traceIdIn(context.positionals[0] ?? '')
    const { source, reader, table, tables } = await openToRead(context)
    try {
      const searched = values['table'] === undefined ? tables.slice(0, MOST_TABLES) : [table]
      const found = await withProgress(err, 'Looking for the trace', () =>
        findTrace(reader, searched, id, signal),
      )
      if (found.status === 'found') {
        const whole = buildTrace(found.rows)
        const logs = await logsOf(
          whole,
          { reader, spans: found.table, configured: source.logs },
          context,
        )
        out.write(rendered(whole, logs, values, narrowed(out, width)))
        if (found.isCut)
          err.write(`The trace is longer: these are ${MOST_SPANS.toLocaleString('en-US')} spans.\n`)
        return 0
      }
      if (found.status === 'ambiguous') {
        err.write(candidatesText(found, id, err))
        return 1
      }
      const place = { reader, spans: table, configured: source.logs }
      const lone = isWhole(id) ? await logsAlone(id, place, context) : undefined
      if (!lone) throw new CommandError(notFound(id, searched, reader.connection.url))
      err.write(
        `No span of trace ${id} is there: it was not sampled, or its spans are still on their way. These are its log lines.\n`,
      )
      out.write(loneText(lone, values, narrowed(out, width)))
      return 0
    } finally {
      await reader.close()
    }
  },
}

interface Place {
  readonly reader: Reader
  /** The table that the trace is in. */
  readonly spans: SpanTable
  readonly configured: Source['logs']
}

interface LoneLogs {
  /** Without spans; it begins with the first line. */
  readonly trace: Trace
  readonly rows: readonly LogRow[]
}

/** The lines of a trace of which no span is there. */
async function logsAlone(
  id: string,
  place: Place,
  context: Context,
): Promise<LoneLogs | undefined> {
  const trace = { ...buildTrace([]), traceId: id, durationNs: Number.POSITIVE_INFINITY }
  const rows = await logsOf(trace, place, context)
  const [first] = rows
  return first && { trace: { ...trace, durationNs: 0, startUs: first.time_us }, rows }
}

function loneText({ trace, rows }: LoneLogs, values: Context['values'], out: Output): string {
  if (values['json'] === true || values['markdown'] === true)
    return rendered(trace, rows, values, out)
  return tailLogLines(out)(rows)
    .map((line) => `${line}\n`)
    .join('')
}

/** The lines of its logs. Without the right to read them, or if that takes too long, the trace is shown all the same. */
async function logsOf(
  found: Trace,
  { reader, spans, configured }: Place,
  { err, signal }: Context,
): Promise<readonly LogRow[]> {
  const isLong = found.durationNs / 1000 > TRACE_MARGIN_US / 2
  const aroundUs = isLong ? undefined : found.startUs
  try {
    const tables = besideFirst(await reader.logTables(signal), spans, configured)
    const options = { limit: MOST_LOGS, aroundUs }
    const logs = await findTraceLogs(reader, tables, found.traceId, options, signal)
    if (logs && logs.rows.length >= MOST_LOGS)
      err.write(`The trace has more logs: these are ${MOST_LOGS.toLocaleString('en-US')} lines.\n`)
    return logs?.rows ?? []
  } catch (error) {
    if (!(error instanceof ReadError) || signal.aborted) throw error
    err.write(`Without its logs: ${error.message}\n`)
    return []
  }
}

function rendered(
  found: Trace,
  logs: readonly LogRow[],
  values: Context['values'],
  out: Output,
): string {
  if (values['json'] === true)
    return `${harmlessJson(JSON.stringify(traceJson(found, logs), null, 2))}\n`
  return values['markdown'] === true ? traceMarkdown(found, logs) : traceText(found, logs, out)
}

function narrowed(out: Output, width: number | undefined): Output {
  if (width === undefined) return out
  const { isTerminal, hasColours } = out
  return { width, isTerminal, hasColours, write: (text) => out.write(text) }
}

function candidatesText(
  { candidates, hasMore }: Extract<Found, { status: 'ambiguous' }>,
  id: string,
  err: Output,
): string {
  const columns = [{ heading: 'trace' }, { heading: 'began' }, { heading: 'spans', toRight: true }]
  const rows = candidates.map(({ traceId, startUs, spans }) => [
    harmless(traceId, 64),
    timeText(startUs),
    spans.toLocaleString('en-US'),
  ])
  return [
    `Several traces begin with ${id}: give more digits.`,
    ...aligned(columns, rows, err.width),
    ...(hasMore ? ['… and others'] : []),
    '',
  ].join('\n')
}

function notFound(id: string, searched: readonly SpanTable[], url: string): string {
  const names = searched.map(({ database, table }) => harmless(`${database}.${table}`, 200))
  const what = id.length === 32 ? `Trace ${id} is not` : `No trace that begins with ${id} is`
  return (
    `${what} in ${names.join(', ')} of ClickHouse at ${url}: spans arrive a few seconds after they end; ` +
    'name another ClickHouse with --endpoint, or another table with --table.'
  )
}
