import { SOURCE_OPTIONS } from '../config/source.js'
import type { Sides } from '../regions/common-columns.js'
import { compareTable, type Found } from '../regions/compare-table.js'
import { type Matched, match } from '../regions/pairs.js'
import { openRegion, type Region, type TableAt } from '../regions/region.js'
import { repairTable } from '../regions/repair-table.js'
import type { Window } from '../regions/window.js'
import { CommandError } from '../terminal/command-error.js'
import { withProgress } from '../terminal/progress.js'
import type { Command, Context } from './command.js'
import { tablesToCompare } from './compare-tables.js'
import { comparedAsJson, comparedAsText, type Report } from './compare-text.js'
import { countOption, durationOption, textOption } from './option-values.js'
import { verdict } from './verdict.js'

const HOUR_MS = 3_600_000
const SHOWN = 20
const MOST_SHOWN = 1_000_000

export const compare: Command = {
  name: 'compare',
  summary: 'Compares the rows of two ClickHouse servers, and copies what one of them lacks',
  usage: '[options] URL_A URL_B',
  positionals: { min: 2, max: 2 },
  options: {
    window: {
      type: 'string',
      value: 'TIME',
      help: 'how far back rows are compared, by the time in the row, such as 15m or 7d; default: 1h',
    },
    until: {
      type: 'string',
      value: 'TIME',
      help: 'where the window ends: so long ago, such as 1m, or a time such as 2026-11-29T02:00:00Z; default: now',
    },
    signal: {
      type: 'string',
      value: 'traces|logs|metrics|all',
      help: 'whose tables are compared, also a list such as traces,logs; default: all',
    },
    schema: {
      type: 'string',
      value: 'flat|otel',
      help: 'which tables these are; default: those that the exporter is configured for, else flat',
    },
    table: {
      type: 'string',
      value: 'TABLE',
      help: 'compare this table instead: DATABASE.TABLE, or one in the database of each address',
    },
    ignore: {
      type: 'string',
      value: 'NAMES',
      help: 'columns that may differ, such as inserted_at; they are copied, but not compared',
    },
    repair: {
      type: 'boolean',
      help: 'copy what one server lacks, both ways; of rows with the same ids the newest stays, the others become dead letters',
    },
    'dead-letter-table': {
      type: 'string',
      value: 'DATABASE.TABLE',
      help: 'where --repair puts older rows, on each server; default: dead_letters in the database of the table',
    },
    minutes: { type: 'boolean', help: 'show every minute, not only those that differ' },
    limit: {
      type: 'string',
      value: 'COUNT',
      help: `how many missing rows of a table are listed; default: ${SHOWN}. All are counted`,
    },
    json: { type: 'boolean', help: 'one JSON object a line: minutes, missing rows, a summary' },
    user: SOURCE_OPTIONS.user,
  },
  examples: [
    [
      'spanhouse compare --window 1h https://east:8443 https://west:8443',
      'exit code 1: they differ',
    ],
    [
      'spanhouse compare --repair --until 5m east west',
      'destinations of the configuration, by name',
    ],
  ],
  run: (context) =>
    verdict(
      context,
      'The comparison was interrupted. A repair goes on where it stopped when it is started again.',
      () => run(context),
    ),
}

async function run(context: Context): Promise<number> {
  const { values, positionals, out, err, signal } = context
  const window = windowOf(context)
  const ignored = new Set((textOption(values, 'ignore') ?? '').split(',').map((one) => one.trim()))
  const limit = countOption(values, 'limit', [0, MOST_SHOWN]) ?? SHOWN
  const [a = '', b = ''] = positionals
  const { configs, pairs } = tablesToCompare(context, [a, b])
  const letters = letterTables(textOption(values, 'dead-letter-table'))
  const report = (values['json'] === true ? comparedAsJson : comparedAsText)(out, {
    window,
    limit,
    allMinutes: values['minutes'] === true,
  })
  const regions = [openRegion('A', configs[0]), openRegion('B', configs[1])] as const
  try {
    let compared = 0
    let differ = false
    for (const at of pairs) {
      const found = await match(regions, at, ignored, signal)
      if ('lacking' in found) {
        if (found.lacking === 'neither') continue
        report.lacking(at[0], found.lacking)
        compared++
        differ = true
        continue
      }
      compared++
      const isEqual = await withProgress(err, 'Comparing', (progress) =>
        tableIsEqual(
          found,
          { window, report, letters, repairs: values['repair'] === true, signal },
          progress.say,
        ),
      )
      if (!isEqual) differ = true
    }
    if (compared === 0) throw nothingThere(regions, pairs)
    return differ ? 1 : 0
  } finally {
    await Promise.all(regions.map((region) => region.close()))
  }
}

interface Ways {
  readonly window: Window
  readonly report: Report
  readonly letters: (table: TableAt) => TableAt
  readonly repairs: boolean
  readonly signal: AbortSignal
}

async function tableIsEqual(
  matched: Matched,
  { window, report, letters, repairs, signal }: Ways,
  say: (text: string) => void,
): Promise<boolean> {
  const { tables } = matched
  const pair = { ...matched, window }
  const told = report.table(tables, matched.common, say)
  const found = await compareTable(pair, told, signal)
  report.found(found, repairs)
  if (!repairs || (isEqual(found) && found.shared === 0)) return isEqual(found)
  const repaired = await repairTable(
    { ...pair, letters: [letters(tables[0]), letters(tables[1])] },
    say,
    signal,
  )
  const after = await compareTable(pair, { minute() {}, missing() {}, progress: say }, signal)
  report.repaired(repaired, after)
  return isEqual(after)
}

export function isEqual({ differing }: Found): boolean {
  return differing === 0
}

function letterTables(named: string | undefined): (table: TableAt) => TableAt {
  if (named === undefined) return ({ database }) => ({ database, table: 'dead_letters' })
  const [, database, table] = /^([^.]+)\.(.+)$/s.exec(named) ?? []
  if (database === undefined || table === undefined)
    throw new CommandError('--dead-letter-table must be DATABASE.TABLE.')
  return () => ({ database, table })
}

function windowOf({ values }: Context): Window {
  const length = durationOption(values, 'window') ?? HOUR_MS
  const untilMs = untilOf(values)
  return { fromMs: Math.floor(untilMs - length), untilMs }
}

function untilOf(values: Context['values']): number {
  const text = textOption(values, 'until')
  if (text === undefined || text === 'now') return Date.now()
  if (/^\d+(\.\d+)?\s*[a-z]+$/i.test(text))
    return Math.floor(Date.now() - (durationOption(values, 'until') ?? 0))
  // A time without a zone would be that of this machine.
  const at = /(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at))
    throw new CommandError(
      '--until must be a length of time, such as 1m, or a time with its zone, such as 2026-11-29T02:00:00Z.',
    )
  return at
}

function nothingThere([a, b]: Sides<Region>, pairs: readonly Sides<TableAt>[]): CommandError {
  const names = pairs.map(([{ database, table }]) => `${database}.${table}`)
  return new CommandError(
    `Neither ${a.url} nor ${b.url} has ${names.join(' or ')} (or this user may not read it): name a table with --table, or the schema with --schema.`,
  )
}
