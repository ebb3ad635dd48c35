import { oneLine } from '#exporter'
import { SCHEMAS } from '../config/schemas.js'
import { SOURCE_OPTIONS } from '../config/source.js'
import { fullyNamedTable } from '../config/table-name.js'
import type { Sides } from '../regions/common-columns.js'
import { compareTable, type Found } from '../regions/compare-table.js'
import { type Matched, match } from '../regions/pairs.js'
import { isDistributed, openRegion, type Region, type TableAt } from '../regions/region.js'
import { repairTable } from '../regions/repair-table.js'
import { isOneTable } from '../regions/same-table.js'
import type { Window } from '../regions/window.js'
import { CommandError } from '../terminal/command-error.js'
import { withProgress } from '../terminal/progress.js'
import type { Command, Context } from './command.js'
import { tablesToCompare } from './compare-tables.js'
import { comparedAsJson, comparedAsText, type Report } from './compare-text.js'
import { WINDOW_OPTIONS, windowOf } from './compare-window.js'
import { countOption, textOption } from './option-values.js'
import { verdict } from './verdict.js'

const SHOWN = 20
const MOST_SHOWN = 1_000_000

export const compare: Command = {
  name: 'compare',
  summary: 'Compares the rows of two ClickHouse servers, and copies what one of them lacks',
  usage: '[options] URL_A URL_B',
  positionals: { min: 2, max: 2 },
  options: {
    ...WINDOW_OPTIONS,
    signal: {
      type: 'string',
      value: 'traces|logs|metrics|all',
      help: 'whose tables are compared, also a list such as traces,logs; default: all',
    },
    schema: {
      type: 'string',
      value: SCHEMAS.join('|'),
      help: 'which tables these are; default: those that the exporter is configured for, else flat',
    },
    table: {
      type: 'string',
      value: 'TABLE|DATABASE.TABLE',
      help: 'compare this table instead: DATABASE.TABLE, or one in the database of each address. Without it only the tables of the configuration are compared: name each table that dispatch fills in a call of its own',
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
    'without-ids': {
      type: 'boolean',
      help: 'with --repair: also copy rows without ids, such as logs and metrics. If the row itself arrives later, it is there twice, and nothing tells them apart',
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
      'spanhouse compare --repair --window 1d east west',
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
  const window = windowOf(values)
  const ignored = new Set((textOption(values, 'ignore') ?? '').split(',').map((one) => one.trim()))
  const limit = countOption(values, 'limit', [0, MOST_SHOWN]) ?? SHOWN
  if (values['without-ids'] === true && values['repair'] !== true)
    throw new CommandError('--without-ids goes with --repair.')
  const [a = '', b = ''] = positionals
  const { configs, pairs } = tablesToCompare(context, [a, b])
  const letters = letterTables(textOption(values, 'dead-letter-table'))
  const report = (values['json'] === true ? comparedAsJson : comparedAsText)(out, {
    window,
    leftOutMs: window.leftOutMs,
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
        report.lacking(at[found.lacking.side === 'A' ? 0 : 1], found.lacking)
        compared++
        differ = true
        continue
      }
      compared++
      const isEqual = await withProgress(err, 'Comparing', (progress) =>
        tableIsEqual(
          found,
          {
            ...{ window, report, letters, signal },
            repairs: values['repair'] === true,
            withoutIds: values['without-ids'] === true,
          },
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
  readonly withoutIds: boolean
  readonly signal: AbortSignal
}

async function tableIsEqual(
  matched: Matched,
  { window, report, letters, repairs, withoutIds, signal }: Ways,
  say: (text: string) => void,
): Promise<boolean> {
  const { tables, common } = matched
  const pair = { ...matched, window }
  if (repairs && (await isOneTable(tables, signal)))
    throw new CommandError(
      `A and B are one table, ${oneLine(`${tables[0].database}.${tables[0].table}`)} at ${tables[0].region.url} and ${tables[1].region.url}: --repair needs two.`,
    )
  const told = report.table(tables, common, say)
  const found = await compareTable(pair, told, signal)
  report.found(found, repairs)
  if (!repairs || (isEqual(found) && found.shared === 0)) return isEqual(found)
  if (common.identity.length === 0 && !withoutIds) {
    report.remark(
      'Not repaired: rows without ids that are copied, and then arrive from a queue or spool, are there twice. If none can be waiting, add --without-ids.',
    )
    return false
  }
  const distributed = tables.find(isDistributed)
  if (distributed)
    report.remark(
      `${distributed.region.side} has a Distributed table: missing rows are copied, but no row can be deleted through it. Compare its local tables to settle other contents and doubled rows.`,
    )
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
  const table = fullyNamedTable(named)
  if (table === undefined) throw new CommandError('--dead-letter-table must be DATABASE.TABLE.')
  return () => table
}

function nothingThere([a, b]: Sides<Region>, pairs: readonly Sides<TableAt>[]): CommandError {
  const names = pairs.map(([{ database, table }]) => oneLine(`${database}.${table}`))
  return new CommandError(
    `Neither ${a.url} nor ${b.url} has ${names.join(' or ')} (or this user may not read it): name a table with --table, or the schema with --schema.`,
  )
}
