import { join } from 'node:path'
import { expect, test } from 'vitest'
import { importsIn, wrongImports } from '../../../test/kit/rooms.js'

// In this order: each room may import only from those before it.
const ROOMS = [
  'sql',
  'writing',
  'values',
  'attributes',
  'types',
  'span',
  'log',
  'metric',
  'row',
  'compact',
  'declared',
  'table',
  'schemas',
  'imported',
  'otlp',
  'wire',
]

test('each room imports only from rooms before it, and no files import each other', () => {
  const imports = importsIn(join(import.meta.dirname, '../src'))
  expect(imports.get('writing/encoding.ts')).toContain('writing/byte-writer.ts') // they are found
  expect(imports.get('row/column.ts')).toContain('types/kind.ts') // those of types too
  expect(wrongImports(imports, ROOMS)).toEqual([])
})

test('an import that goes the wrong way is named with its file and the room', () => {
  const imports = new Map([
    ['first/a.ts', ['first/b.ts', 'second/a.ts']],
    ['first/b.ts', ['first/a.ts', 'index.ts']],
    ['second/a.ts', ['first/a.ts']],
    ['attic/a.ts', []],
    ['index.ts', ['first/a.ts', 'second/a.ts']],
  ])
  expect(wrongImports(imports, ['first', 'second', 'third'])).toEqual([
    'The folder attic is not in the list of rooms.',
    'The room third has no file.',
    'first/a.ts must not import from the room second (second/a.ts): it is not before first in the list of rooms.',
    'first/b.ts must not import from an entry (index.ts): it is not before first in the list of rooms.',
    'first/a.ts imports itself in a circle: first/a.ts → first/b.ts → first/a.ts.',
    'first/b.ts imports itself in a circle: first/b.ts → first/a.ts → first/b.ts.',
  ])
})
