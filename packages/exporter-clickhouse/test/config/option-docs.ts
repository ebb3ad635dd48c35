import { readFileSync } from 'node:fs'
import { type Fields, fieldsOf, type Option, type Unit } from '../../src/config/option.js'
import { OPTIONS } from '../../src/config/option-table.js'

interface Field {
  readonly name: string
  readonly doc: string
  /** What stands after the colon, on the same line. */
  readonly type: string
  /** Those of an object type that is written in place. */
  readonly fields: Field[]
}

const INTERFACE =
  /^export interface (\w+)(?:<.*?>)?(?: extends (\w+)(?:<.*>)?)? \{\n([\s\S]*?)^\}/gm
const FIELD = /^( +)\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n +(\w+)\??:(.*)/gm

/** The interfaces of the files of options. A field of an interface stands in place of the one that it inherits. */
function interfacesIn(source: string): ReadonlyMap<string, readonly Field[]> {
  const found = new Map<string, readonly Field[]>()
  for (const [, name = '', base = '', body = ''] of source.matchAll(INTERFACE)) {
    const own: Field[] = []
    for (const [, indent, text = '', name = '', type = ''] of body.matchAll(FIELD)) {
      const doc = text.replace(/\s*\n +\*?/g, '').trim()
      const list = indent === '  ' ? own : own.at(-1)?.fields
      list?.push({ name, doc, type, fields: [] })
    }
    const inherited = found.get(base) ?? []
    const isOwn = ({ name }: Field) => own.some((one) => one.name === name)
    found.set(name, [...inherited.filter((one) => !isOwn(one)), ...own])
  }
  return found
}

const interfaces = interfacesIn(
  ['routing-options.ts', 'shared-options.ts', 'signal-options.ts', 'options.ts']
    .map((name) => readFileSync(new URL(`../../src/config/${name}`, import.meta.url), 'utf8'))
    .join('\n'),
)

/** The docstrings of the options, by path. */
function docstringsOf(fields: readonly Field[], at = ''): [path: string, doc: string][] {
  return fields.flatMap(({ name, doc, type, fields: own }): [string, string][] => {
    const path = `${at}${name}`
    const [, other = '', of] =
      /^ (\w+)(?:<\w+>|(?:<never>)?\['(\w+)'\])?(?: \| undefined)?$/.exec(type) ?? []
    const referred = interfaces.get(other) ?? []
    const below = of === undefined ? referred : referred.find((one) => one.name === of)?.fields
    return [[path, doc], ...docstringsOf([...own, ...(below ?? [])], `${path}.`)]
  })
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
const named = interfaces.get('NamedDestinationOptions')?.filter((one) => one.name === 'name')
export const options = new Map(optionsIn({ ...others, destinations, name } as Fields))
export const docs = new Map(docstringsOf([...(interfaces.get('Options') ?? []), ...(named ?? [])]))

/** A value as the docstrings write it. */
export function shown(value: unknown, unit: Unit | undefined): string {
  if (value === '' || typeof value === 'object') return 'none'
  if (typeof value !== 'number') return `\`${value}\``
  if (unit !== 'bytes' || value < 2 ** 20)
    return new Intl.NumberFormat('en', { useGrouping: 'min2' }).format(value)
  return value < 2 ** 30 ? `${value / 2 ** 20} MiB` : `${value / 2 ** 30} GiB`
}
