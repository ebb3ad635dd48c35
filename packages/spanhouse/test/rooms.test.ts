import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { importsIn, wrongImports } from '../../../test/kit/rooms.js'

// Each room may import from the rooms before it (ARCHITECTURE.md).
const ROOMS = [
  'terminal',
  'clickhouse',
  'config',
  'local',
  'application',
  'page',
  'doctor',
  'writing',
  'regions',
  'replay',
  'k6',
  'commands',
]

test('Rooms import only from rooms before them, and files of a room in no circle', () => {
  const imports = importsIn(fileURLToPath(new URL('../src', import.meta.url)))
  expect(wrongImports(imports, ROOMS)).toEqual([])
})
