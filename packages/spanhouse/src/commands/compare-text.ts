import { oneLine } from '#exporter'
import type { Common, Sides } from '../regions/common-columns.js'
import type { Found, Told } from '../regions/compare-table.js'
import type { Missing } from '../regions/difference.js'
import { isEqual as isEqualMinute, type Minute } from '../regions/minutes.js'
import type { Region, RegionTable, TableAt } from '../regions/region.js'
import type { Repaired } from '../regions/repair-table.js'
import { minuteText, timeText, type Window } from '../regions/window.js'
import type { Output } from '../terminal/output.js'
import { paint } from '../terminal/paint.js'

/** Shows a comparison while it goes on. */
export interface Report {
  /** Only one server has this table. */
  lacking(table: TableAt, region: Region): void
  table(tables: Sides<RegionTable>, common: Common, progress: (text: string) => void): Told
  found(found: Found, repairs: boolean): void
  /** Says what a repair does not do. */
  remark(sentence: string): void
  repaired(repaired: Repaired, after: Found): void
}

export interface Shown {
  readonly window: Window
  /** How long before now the window ends by default; 0 if --until was given. */
  readonly leftOutMs: number
  readonly limit: number
  readonly allMinutes: boolean
}

const numbers = new Intl.NumberFormat('en-US')
const several = (count: number, noun: string) =>
  `${numbers.format(count)} ${count === 1 ? noun : `${noun}s`}`
const count = (rows: number) => several(rows, 'row')

export function comparedAsText(
  out: Output,
  { window, leftOutMs, limit, allMinutes }: Shown,
): Report {
  const line = (text: string) => out.write(`${text}\n`)
  let shown = 0
  return {
    lacking({ database, table }, { side, url }) {
      line(
        paint(
          out,
          'red',
          `${side} (${url}) has no table ${oneLine(`${database}.${table}`)}, or this user may not see it.`,
        ),
      )
    },
    table(tables, common, progress) {
      shown = 0
      const { fromMs, untilMs } = window
      line(paint(out, 'bold', `${nameOf(tables)}, ${timeText(fromMs)} to ${timeText(untilMs)} UTC`))
      if (leftOutMs > 0)
        line(
          `  The newest ${several(leftOutMs / 60_000, 'minute')} are left out: rows may be on their way (--until now)`,
        )
      for (const { region } of tables) line(`  ${region.side} is ${region.url}`)
      for (const remark of common.remarks) line(`  ${oneLine(remark)}`)
      return {
        minute(minute) {
          progress(`${nameOf(tables)}: ${minuteText(minute.minute)}`)
          if (allMinutes || !isEqualMinute(minute)) line(minuteLine(out, minute))
        },
        missing(row, side) {
          if (++shown === limit + 1) line('  … (--limit shows more)')
          if (shown <= limit) line(`  ${missingText(row, side, common)}`)
        },
        progress,
      }
    },
    found(found, repairs) {
      for (const sentence of sentences(found, repairs)) line(sentence)
    },
    remark: line,
    repaired({ copied: [a, b], setAside, single }, after) {
      const aside = setAside[0] + setAside[1]
      line(
        `Copied ${count(a)} to A and ${count(b)} to B${aside > 0 ? `; ${count(aside)} became dead letters (${setAside[0]} in A, ${setAside[1]} in B)` : ''}${single > 0 ? `; ${count(single)} stood there more often than once, and now once` : ''}.`,
      )
      line(
        after.differing === 0
          ? paint(out, 'green', `Equal: ${count(after.rows[0])} on both servers.`)
          : paint(
              out,
              'red',
              `Still different in ${several(after.differing, 'minute')}: rows may have arrived meanwhile. Compare again.`,
            ),
      )
    },
  }
}

/** One object a line. `rows` and `hashes` are those of A and B. */
export function comparedAsJson(out: Output, { window, allMinutes }: Shown): Report {
  const line = (value: object) => out.write(`${JSON.stringify(value)}\n`)
  let table = ''
  return {
    lacking({ database, table: name }, { side }) {
      line({ table: `${database}.${name}`, lacking: side })
    },
    table(tables, common, progress) {
      table = nameOf(tables)
      return {
        minute(minute) {
          if (!allMinutes && isEqualMinute(minute)) return
          const { rows, hashes } = minute
          line({ table, minute: timeOf(minute.minute * 60_000), rows, hashes })
        },
        missing({ id, hash, lacks, timeMs, conflicts }, side) {
          const ids = Object.fromEntries(common.identity.map((name, i) => [name, id[i]]))
          line({
            table,
            missingIn: side,
            ...ids,
            hash,
            rows: lacks,
            time: timeOf(timeMs),
            conflicts,
          })
        },
        progress,
      }
    },
    found: (found) =>
      line({
        table,
        from: timeOf(window.fromMs),
        until: timeOf(window.untilMs),
        equal: found.differing === 0,
        ...found,
      }),
    remark: (sentence) => line({ table, remark: sentence }),
    repaired: (repaired, after) =>
      line({ table, equal: after.differing === 0, ...repaired, rows: after.rows }),
  }
}

function nameOf([a, b]: Sides<RegionTable>): string {
  const names = [a, b].map(({ database, table }) => oneLine(`${database}.${table}`))
  return names[0] === names[1] ? String(names[0]) : names.join(' and ')
}

function minuteLine(out: Output, minute: Minute): string {
  const sides = (['A', 'B'] as const).map((side, i) => {
    const rows = count(minute.rows[i] ?? 0)
    return `${side} ${rows.padStart(12)} ${(minute.hashes[i] || '-').padStart(16)}`
  })
  const verdict = isEqualMinute(minute) ? 'equal' : paint(out, 'red', 'differs')
  return `${minuteText(minute.minute)}  ${sides.join('  ')}  ${verdict}`
}

function missingText(
  { id, hash, lacks, timeMs, conflicts }: Missing,
  side: 'A' | 'B',
  { identity }: Common,
): string {
  const what = identity.length > 0 ? oneLine(id.join(' ')) : `hash ${hash}`
  const times = lacks > 1 ? ` (${lacks} times)` : ''
  const how = conflicts ? `other content in ${side}` : `missing in ${side}`
  return `${how}: ${what}${times}, ${timeText(timeMs)}`
}

function sentences(
  { rows, minutes, differing, missing, conflicts, shared, doubled }: Found,
  repairs: boolean,
): string[] {
  const found =
    differing === 0
      ? [`Equal: ${count(rows[0])} in ${several(minutes, 'minute')}.`]
      : [
          `Different in ${differing} of ${several(minutes, 'minute')}: A has ${count(rows[0])}, B ${count(rows[1])}.`,
          `Missing: ${count(missing[0])} in A, ${count(missing[1])} in B. Other content: ${several(conflicts, 'id')}.`,
        ]
  if (doubled[0] + doubled[1] > 0)
    found.push(
      `There more often than once: ${count(doubled[0])} too many in A, ${count(doubled[1])} in B.`,
    )
  if (shared > 0)
    found.push(
      `${several(shared, 'id')} with several contents, the same on both servers${repairs ? '' : ': --repair keeps the newest of each'}.`,
    )
  if (differing > 0 && !repairs) found.push('spanhouse compare --repair copies what is missing.')
  return found
}

/** Of rows that have a strange time, too. */
function timeOf(ms: number): string {
  const at = new Date(ms)
  return Number.isNaN(at.getTime()) ? String(ms) : at.toISOString()
}
