import { readFileSync } from 'node:fs'
import { type Fields, fieldsOf, type Option, type Unit } from '../../src/config/option.js'
import { OPTIONS } from '../../src/config/option-table.js'

/** The docstrings of the options, by path. */
function docstrings(): Map<string, string> {
  const source = readFileSync(new URL('../../src/config/options.ts', import.meta.url), 'utf8')
  const found = new Map<string, string>()
  let group = ''
  for (const [, indent, text = '', name = ''] of source.matchAll(
    /^( +)\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n +(\w+)\??:/gm,
  )) {
    const isInGroup = indent !== '  '
    if (!isInGroup) group = name
    const path = isInGroup ? `${group}.${name}` : name
    found.set(path, text.replace(/\s*\n +\*?/g, '').trim())
  }
  return found
}

function optionsIn(fields: Fields, at = ''): [path: string, option: Option][] {
  return Object.entries(fields).flatMap(([name, option]): [string, Option][] => {
    const { type } = option
    const path = `${at}${name}`
    return [[path, option], ...(type.kind === 'group' ? optionsIn(type.fields, `${path}.`) : [])]
  })
}

const { destinations, ...others } = OPTIONS.fields
const { name } = fieldsOf(destinations?.type)
export const options = new Map(optionsIn({ ...others, destinations, name } as Fields))
export const docs = docstrings()

/** A value as the docstrings write it. */
export function shown(value: unknown, unit: Unit | undefined): string {
  if (value === '' || typeof value === 'object') return 'none'
  if (typeof value !== 'number') return `\`${value}\``
  if (unit !== 'bytes' || value < 2 ** 20)
    return new Intl.NumberFormat('en', { useGrouping: 'min2' }).format(value)
  return value < 2 ** 30 ? `${value / 2 ** 20} MiB` : `${value / 2 ** 30} GiB`
}
