import type { ImportedTable, Unmapped } from '@spanhouse/transform'
import { shapeOf } from '@spanhouse/transform/internal'
import { comment, keyOf, literal, sourceOf } from './source-text.js'

/** A module that exports the table: the text of a file. */
export interface TableModule {
  readonly text: string
  /** The name of the table in it. */
  readonly exported: string
}

/**
 * Writes an imported table as a module. Each guess has a comment, and each column without a value is a comment, to be filled in by hand.
 * `types`: whether the module is TypeScript; then it also exports the type of the rows, unless the table is made from one of ours. Default: true.
 */
export function tableModule(
  imported: ImportedTable,
  { types = true }: { readonly types?: boolean | undefined } = {},
): TableModule {
  const { base, definition } = imported
  const making = base === undefined ? 'defineTable' : 'extendTable'
  const named = [making, ...(base === undefined ? [] : [base])]
  const exported = identifierFor(definition.name ?? 'table', named)
  const row = `${exported[0]?.toUpperCase()}${exported.slice(1)}Row`
  const gaps = gapsOf(imported)
  const members = Object.entries({
    ...definition,
    // The gaps of an extension stand in `add`, even if it adds no columns.
    ...(base !== undefined && gaps.length > 0 && !('add' in definition) && { add: [] }),
  })
  const imports = [...named, ...(types ? ['type RowOf'] : [])].join(', ')
  const lines = [
    `import { ${imports} } from '@spanhouse/transform'`,
    '',
    `// Made from the table ${comment(`${definition.database}.${definition.name}`)}: ${imported.mapped} of its columns get a value.`,
    ...imported.remarks.map((remark) => `// ${comment(remark)}`),
    `export const ${exported} = ${making}(${base === undefined ? '' : `${base}, `}{`,
    ...members.flatMap(([key, value]) => memberLines(key, value, imported.guesses, gaps)),
    '})',
    ...(types ? ['', `export type ${row} = RowOf<typeof ${exported}>`] : []),
  ]
  return { text: `${lines.join('\n')}\n`, exported }
}

/** A comment for each column without a value, except those that the definition has in `materialized`. */
function gapsOf({ table, unmapped, left }: ImportedTable): string[] {
  const materialized = new Set(shapeOf(table)?.materialized?.map(({ name }) => name))
  return [
    ...unmapped.map((gap) => gapLine(gap, 'not mapped')),
    ...left
      .filter(({ column }) => !materialized.has(column))
      .map((gap) => gapLine(gap, 'left out')),
  ]
}

function memberLines(
  key: string,
  value: unknown,
  guesses: ImportedTable['guesses'],
  gaps: readonly string[],
): string[] {
  if (key === 'retype')
    return [
      '  retype: {',
      ...Object.entries(value as object).map(
        ([name, to]) => `    ${keyOf(name)}: ${sourceOf(to)},`,
      ),
      '  },',
    ]
  if (key === 'columns' || key === 'add') {
    return [
      `  ${key}: [`,
      ...(value as { readonly name: string }[]).map((column) => {
        const guess = guesses.get(column.name)
        return `    ${sourceOf(column)},${guess === undefined ? '' : ` // a guess: ${comment(guess)}`}`
      }),
      ...gaps,
      '  ],',
    ]
  }
  if (Array.isArray(value))
    return [`  ${key}: [`, ...value.map((item) => `    ${sourceOf(item)},`), '  ],']
  return [`  ${keyOf(key)}: ${sourceOf(value)},`]
}

function gapLine({ column, type, why, instead }: Unmapped, what: string): string {
  const filled = instead === undefined ? '' : `, ${instead}`
  return `    // ${comment(`{ name: ${literal(column)}, type: ${literal(type)}${filled} },`)} ${what}: ${comment(why)}`
}

const RESERVED = new Set(
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof undefined var void while with yield'.split(
    ' ',
  ),
)

/** The name of the constant in the module, made of the name of the table. */
function identifierFor(table: string, taken: readonly string[]): string {
  const [first = '', ...others] = table.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  const name =
    (first[0]?.toLowerCase() ?? '') +
    first.slice(1) +
    others.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('')
  const isFree = /^[a-z]/.test(name) && !RESERVED.has(name) && !taken.includes(name)
  return isFree ? name : `${/^[a-z]/.test(name) ? name : `t${name}`}Table`
}
