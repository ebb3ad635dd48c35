import { harmless } from '@spanhouse/queries'
import { quoteIdentifier, quoteText } from '@spanhouse/transform'
import { oneLine } from '#exporter'
import type { Output } from '../terminal/output.js'
import { paint } from '../terminal/paint.js'
import { table } from '../terminal/table.js'
import type { Delivered } from './delivery.js'
import type { Skipped } from './parse-line.js'
import type { Judged } from './thresholds.js'

/** What is said at the end of a run. */
export interface Report {
  readonly runId: string
  readonly samples: number
  readonly skipped: Readonly<Record<Skipped, number>>
  readonly thresholds: readonly Judged[]
  /** Parts of metrics whose thresholds are not known. */
  readonly unjudged: readonly string[]
  readonly delivered: readonly Delivered[]
}

const numbers = new Intl.NumberFormat('en-US')
const counted = (count: number, noun: string) =>
  `${numbers.format(count)} ${noun}${count === 1 ? '' : 's'}`

const REASONS: Readonly<Record<Skipped, string>> = {
  text: 'no JSON',
  broken: 'broken JSON',
  foreign: 'not of k6',
  unreadable: 'without a readable time or value',
  too_long: 'longer than 1 MiB',
}

const MOST_SHOWN = 50
const MARKS = { passed: '✓', failed: '✗', unknown: '?' } as const
const COLOURS = { passed: 'green', failed: 'red', unknown: 'yellow' } as const

export function reportAsText(report: Report, out: Output): string {
  const { runId, samples, skipped, thresholds, unjudged, delivered } = report
  return `${[
    '',
    `k6 run ${harmless(runId, 200)}: read ${counted(samples, 'sample')}${skippedText(skipped)}.`,
    ...delivered.flatMap(placeLines),
    ...thresholdLines(thresholds, out),
    ...unjudgedLines(unjudged),
    ...(samples > 0 ? delivered.slice(0, 1).map((one) => firstQuery(one, runId)) : []),
  ].join('\n')}\n`
}

function skippedText(skipped: Report['skipped']): string {
  const kinds = Object.entries(skipped).filter(([, lines]) => lines > 0)
  if (kinds.length === 0) return ''
  const lines = kinds.reduce((sum, [, count]) => sum + count, 0)
  const list = kinds.map(([kind, count]) => `${numbers.format(count)} ${REASONS[kind as Skipped]}`)
  return `, left out ${counted(lines, 'line')} (${list.join(', ')})`
}

function placeLines(one: Delivered): string[] {
  const { url, samples, thresholds, delivered, spooled, lost, possibleDuplicates, lastError } = one
  const tables = `${harmless(samples, 200)} and ${harmless(thresholds, 200)}`
  const lines = [`Wrote ${counted(delivered, 'row')} to ${tables} at ${url}.`]
  const because = lastError === undefined ? '' : `: ${oneLine(lastError).replace(/\.$/, '')}`
  if (spooled > 0) lines.push(`${counted(spooled, 'row')} wait in the spool${because}.`)
  if (lost > 0) lines.push(`Lost ${counted(lost, 'row')}${because}.`)
  if (possibleDuplicates > 0)
    lines.push(`${counted(possibleDuplicates, 'row')} may be there twice: an answer was lost.`)
  return lines
}

function thresholdLines(thresholds: readonly Judged[], out: Output): string[] {
  if (thresholds.length === 0) return []
  const shown = thresholds.slice(0, MOST_SHOWN)
  const rows = shown.map(({ metric, source, verdict, verdictBy, observed }) => [
    MARKS[verdict],
    harmless(metric, 200),
    harmless(source, 200),
    observed === undefined ? '' : numberText(observed),
    verdictBy,
  ])
  const columns = [
    { heading: '' },
    { heading: 'THRESHOLD OF', shrinksTo: 20 },
    { heading: 'WANTED', shrinksTo: 10 },
    { heading: 'OBSERVED', toRight: true },
    { heading: 'SAYS' },
  ]
  const lines = table(columns, rows, out.width, (cell, row, column) =>
    column === 0 && shown[row] ? paint(out, COLOURS[shown[row].verdict], cell) : cell,
  )
  const more = thresholds.length - shown.length
  return ['', ...lines, ...(more > 0 ? [`… and ${numbers.format(more)} more`] : []), '']
}

function unjudgedLines([first, ...others]: readonly string[]): string[] {
  if (first === undefined) return []
  const more = others.length === 0 ? '' : ` and ${numbers.format(others.length)} more`
  return [
    `The samples do not say which thresholds ${harmless(first, 200)}${more} had: for their verdicts, give the summary of k6 (--summary FILE).`,
    '',
  ]
}

function numberText(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(6).replace(/\.?0+$/, '')
}

function firstQuery({ samples }: Delivered, runId: string): string {
  const name = samples
    .split('.')
    .map((part) => (/^\w+$/.test(part) ? part : quoteIdentifier(part)))
    .join('.')
  return harmless(
    `SELECT metric, count(), avg(value), quantile(0.95)(value), max(value) FROM ${name} WHERE run_id = ${quoteText(runId)} GROUP BY metric ORDER BY metric`,
    2000,
  )
}
