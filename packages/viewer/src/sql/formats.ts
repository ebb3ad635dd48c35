import { type Column, kindOf } from './columns.js'

export interface Table {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly unknown[])[]
}

/** A value as one line of text. NULL is told from an empty text by who shows it. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  if (typeof value === 'string') return value
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/**
 * Tab-separated with a line of names, escaped as ClickHouse's TabSeparatedWithNames. A text that a spreadsheet would take for a formula
 * gets an apostrophe before it: it may be from anybody, and it is pasted into spreadsheets.
 */
export function toTsv({ columns, rows }: Table): string {
  const numeric = columns.map((column) => kindOf(column) === 'number')
  const line = (cells: readonly string[]) => `${cells.join('\t')}\n`
  const cell = (value: unknown, index: number) =>
    value === null || value === undefined
      ? '\\N'
      : numeric[index]
        ? cellText(value)
        : escapeTsv(cellText(value))
  return (
    line(columns.map(({ name }) => escapeTsv(name))) +
    rows.map((row) => line(row.map(cell))).join('')
  )
}

function escapeTsv(text: string): string {
  const harmless = /^[=+\-@]/.test(text) ? `'${text}` : text
  return harmless.replace(/[\\\t\n\r]/g, (one) => TSV_ESCAPES[one] ?? one)
}

const TSV_ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/** A list of objects. A name that comes again gets a number, so no column is lost. */
export function toJson({ columns, rows }: Table): string {
  const taken = new Set<string>()
  const keys = columns.map(({ name }) => {
    let key = name
    for (let number = 2; taken.has(key); number++) key = `${name}_${number}`
    taken.add(key)
    return key
  })
  // Not an object literal: a column may be called `__proto__`.
  const objects = rows.map((row) =>
    Object.fromEntries(keys.map((key, index) => [key, row[index] ?? null])),
  )
  return `${JSON.stringify(objects, null, 2)}\n`
}

/** A table as GitHub shows it. What would be markup in a cell is escaped. */
export function toMarkdown({ columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  const rule = columns.map((column) => (kindOf(column) === 'number' ? '---:' : '---'))
  return (
    line(columns.map(({ name }) => escapeMarkdown(name))) +
    line(rule) +
    rows.map((row) => line(row.map((value) => escapeMarkdown(cellText(value))))).join('')
  )
}

function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*[\]<>|~]/g, '\\$&').replace(/\s+/g, ' ')
}
