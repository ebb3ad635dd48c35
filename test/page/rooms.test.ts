import { join } from 'node:path'
import { expect, test } from 'vitest'
import { importsIn, wrongImports } from '../kit/rooms.js'

// In this order: each room may import only from those before it.
const ROOMS = ['common', 'api', 'shell', 'traces', 'trace', 'compare', 'services', 'sql', 'health']

test('each room imports only from rooms before it, and no files import each other', () => {
  const imports = importsIn(join(import.meta.dirname, '../../packages/viewer/src'))
  expect(imports.get('main.ts')).toContain('shell/shell.ts') // they are found
  expect(wrongImports(imports, ROOMS)).toEqual([])
})
