import { setTimeout as sleep } from 'node:timers/promises'
import {
  harmlessJson,
  type LogSearch,
  parseSearch,
  type Search,
  severityOfLevel,
} from '@spanhouse/queries'
import { ReadError } from '../clickhouse/read-error.js'
import type { Reader } from '../clickhouse/reader.js'
import { LOGS } from '../config/connect.js'
import { SOURCE_OPTIONS } from '../config/source.js'
import { CommandError } from '../terminal/command-error.js'
import type { Output } from '../terminal/output.js'
import { withProgress } from '../terminal/progress.js'
import type { Command, Context, OptionValues } from './command.js'
import { tailLogJson, tailLogLines } from './log-lines.js'
import { countOption, durationOption } from './option-values.js'
import { openKind, openToRead } from './reading.js'
import { logFeed, spanFeed } from './tail-feeds.js'
import { type Feed, type Follower, follow } from './tail-follow.js'
import { tailJson, tailLines } from './tail-lines.js'
import { untilEnded } from './until-ended.js'

const PAUSE_MS = 1000

export const tail: Command = {
  name: 'tail',
  summary: 'Shows spans or log lines as they come, one line each',
  usage: '[options] [search …]',
  positionals: { min: 0, max: 100 },
  options: {
    ...SOURCE_OPTIONS,
    logs: { type: 'boolean', help: 'log lines instead of spans' },
    service: { type: 'string', value: 'NAME', multiple: true, help: 'only this service' },
    errors: { type: 'boolean', help: 'only failed spans, or log lines from error on' },
    slow: {
      type: 'string',
      value: 'TIME',
      help: 'only spans that took at least this long, such as 500ms',
    },
    lines: {
      type: 'string',
      value: 'N',
      help: 'how many earlier ones to show first; default: 10',
    },
    json: { type: 'boolean', help: 'one JSON object a line' },
  },
  examples: [
    ['spanhouse tail', 'the last 10 spans, then every new one'],
    ['spanhouse tail --service shop --errors', 'failed spans of one service'],
    ['spanhouse tail --slow 500ms GET', 'slow spans with GET in their name or attributes'],
    ['spanhouse tail http.route=/users', 'spans with an attribute'],
    ['spanhouse tail --logs --errors', 'log lines from the level error on'],
    ['spanhouse tail --logs declined', 'log lines with this word in their text or attributes'],
    ['spanhouse tail --json | jq .name', 'one object a line'],
  ],
  async run(context) {
    const { values, positionals, out } = context
    const isJson = values['json'] === true
    const first = countOption(values, 'lines', [0, 10_000]) ?? 10
    if (values['logs'] === true) {
      const search = logSearchOf(values, positionals)
      const lines = isJson ? jsonLines(tailLogJson) : tailLogLines(out)
      return untilEnded(
        context,
        () => openKind(LOGS, context, { waits: true }),
        ({ reader, table }) =>
          showRows(context, reader, logFeed(table, search), { lines, first, what: 'log lines' }),
      )
    }
    const search = searchOf(values, positionals)
    const lines = isJson ? jsonLines(tailJson) : tailLines(out)
    return untilEnded(
      context,
      () => openToRead(context, { waits: true }),
      ({ reader, table }) =>
        showRows(context, reader, spanFeed(table, search), { lines, first, what: 'spans' }),
    )
  },
}

interface Showing<Row> {
  readonly lines: (rows: readonly Row[]) => readonly string[]
  /** How many earlier rows are shown. */
  readonly first: number
  readonly what: string
}

async function showRows<Row>(
  { out, err, signal }: Context,
  reader: Reader,
  feed: Feed<Row>,
  { lines, first, what }: Showing<Row>,
): Promise<void> {
  const print = (rows: readonly Row[]) => out.write(textOf(lines(rows)))
  const follower = follow(reader, feed)
  print(
    await withProgress(err, `Looking for the newest ${what}`, () => follower.begin(first, signal)),
  )
  await goOn(follower, print, err, signal)
}

/** Prints what comes until the user ends it. */
async function goOn<Row>(
  follower: Follower<Row>,
  print: (rows: readonly Row[]) => void,
  err: Output,
  signal: AbortSignal,
): Promise<void> {
  let goneAt: number | undefined
  while (await pause(signal)) {
    try {
      const rows = await follower.next(signal)
      if (goneAt !== undefined) {
        err.write('ClickHouse answers again.\n')
        follower.afterGap(Date.now() - goneAt)
        goneAt = undefined
      }
      print(rows)
    } catch (error) {
      if (!isPassing(error) || signal.aborted) throw error
      if (goneAt === undefined) err.write(`${error.message} Waiting for it …\n`)
      goneAt ??= Date.now()
    }
  }
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

function jsonLines<Row>(json: (row: Row) => object): (rows: readonly Row[]) => string[] {
  return (rows) => rows.map((row) => harmlessJson(JSON.stringify(json(row))))
}

/** Whether the server may answer the same question later. */
function isPassing(error: unknown): error is ReadError {
  return (
    error instanceof ReadError && (error.problem === 'unreachable' || error.problem === 'limit')
  )
}

/** False when the user has ended the command. */
async function pause(signal: AbortSignal): Promise<boolean> {
  await sleep(PAUSE_MS, undefined, { signal }).catch(() => {})
  return !signal.aborted
}

function searchOf(values: OptionValues, words: readonly string[]): Search {
  const { search, problems } = parseSearch(words.join(' '))
  if (problems.length > 0) throw new CommandError(problems.join(' '), 2)
  const services = values['service']
  const slowMs = durationOption(values, 'slow')
  return {
    ...search,
    ...(Array.isArray(services) && { services: [...(search.services ?? []), ...services] }),
    ...(values['errors'] === true && { status: 'error' }),
    ...(slowMs !== undefined && { minNs: slowMs * 1e6 }),
  }
}

/** Conditions on spans alone are refused: they would find nothing, or everything. */
function logSearchOf(values: OptionValues, words: readonly string[]): LogSearch {
  const { operation, kind, status, minNs, maxNs, ...search } = searchOf(values, words)
  const given = Object.entries({
    'name:': operation,
    'kind:': kind,
    'status:': status === 'error' && values['errors'] === true ? undefined : status,
    '--slow': values['slow'],
    'duration:': values['slow'] === undefined ? (minNs ?? maxNs) : undefined,
  }).filter(([, value]) => value !== undefined)
  const [first] = given
  if (first)
    throw new CommandError(
      `${first[0]} is about spans, and log lines have none: leave it out with --logs.`,
      2,
    )
  return {
    ...search,
    ...(values['errors'] === true && { minSeverity: severityOfLevel('error') }),
  }
}
