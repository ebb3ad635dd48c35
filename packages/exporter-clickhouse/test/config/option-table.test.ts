import { expect, test } from 'vitest'
import { checkOptions } from '../../src/config/options-schema.js'
import { OPTION_VARIABLES, OTHER_VARIABLES } from '../../src/config/variable-names.js'
import { docs, options, shown } from './option-docs.js'

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
    'destinations',
    'name',
  ])
})

test.each([...options].filter(([, option]) => Object.hasOwn(option, 'default')))(
  'the default of %s is a value that it takes',
  (path, option) => {
    const [first = '', second] = path.split('.') // no default is deeper
    const value = second === undefined ? option.default : { [second]: option.default }
    const together = first === 'deadLetter' ? { directory: '/x', ...Object(value) } : value
    expect(checkOptions({ [first]: together })).toEqual([])
  },
)

test('every option that a text can express has a variable of its own', () => {
  const paths = [...OPTION_VARIABLES.values()].map(({ path }) => path.join('.'))
  const inText = [...options].filter(
    ([path, { type }]) => !/^(name|destinations)$/.test(path) && !/group|custom/.test(type.kind),
  )
  expect(paths.sort()).toEqual(inText.map(([path]) => path).sort())
  for (const name of OTHER_VARIABLES.keys()) expect(OPTION_VARIABLES.has(name)).toBe(false)
})
