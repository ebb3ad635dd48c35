import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Fields, fieldsOf, type Option, type Unit } from '../../src/config/option.js'
import { OPTIONS } from '../../src/config/option-table.js'
import { checkOptions } from '../../src/config/options-schema.js'
import { OWN_SETTINGS, SETTINGS } from '../../src/config/variable-names.js'

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
const options = new Map(optionsIn({ ...others, destinations, name } as Fields))
const docs = docstrings()

function shown(value: unknown, unit: Unit | undefined): string {
  if (value === '' || typeof value === 'object') return 'none'
  if (typeof value !== 'number') return `\`${value}\``
  if (unit !== 'bytes' || value < 2 ** 20)
    return new Intl.NumberFormat('en', { useGrouping: 'min2' }).format(value)
  return value < 2 ** 30 ? `${value / 2 ** 20} MiB` : `${value / 2 ** 30} GiB`
}

test('each option of the table has a type with a docstring, and each type is in the table', () => {
  expect([...docs.keys()].sort()).toEqual([...options.keys()].sort())
})

test.each([...options])(
  'the docstring of %s ends with its unit and its default',
  (path, option) => {
    const { type } = option
    const unit = type.kind === 'number' ? type.unit : undefined
    const doc = docs.get(path) ?? ''
    const [, sentence, inUnit, byDefault] =
      /^(.*?\.)(?: In (\w+)\.)?(?: Default: (.*)\.)?$/.exec(doc) ?? []
    expect(sentence).toMatch(/^[^ ].{10,}/)
    expect(inUnit).toBe(unit)
    if (Object.hasOwn(option, 'default')) expect(byDefault).toBe(shown(option.default, unit))
  },
)

test('a docstring without a default is that of a group, or of an option that is required', () => {
  const silent = [...docs].filter(([, doc]) => !doc.includes(' Default: ')).map(([path]) => path)
  expect(silent.filter((path) => options.get(path)?.type.kind !== 'group')).toEqual([
    'spool.directory',
    'deadLetter.directory',
    'deadLetter.table',
    'name',
    'destinations',
  ])
})

test.each([...options].filter(([, option]) => Object.hasOwn(option, 'default')))(
  'the default of %s is a value that it takes',
  (path, option) => {
    const [first = '', second] = path.split('.')
    const value = second === undefined ? option.default : { [second]: option.default }
    const together = first === 'deadLetter' ? { directory: '/x', ...Object(value) } : value
    expect(checkOptions({ [first]: together })).toEqual([])
  },
)

test('every option that a text can express has a variable of its own', () => {
  const paths = [...SETTINGS.values()].map(({ path }) => path.join('.'))
  const inText = [...options].filter(
    ([path, { type }]) => path !== 'name' && !['group', 'list', 'custom'].includes(type.kind),
  )
  expect(paths.sort()).toEqual(inText.map(([path]) => path).sort())
  for (const name of OWN_SETTINGS.keys()) expect(SETTINGS.has(name)).toBe(false)
})
