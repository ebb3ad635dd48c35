import { join } from 'node:path'
import { expect, test } from 'vitest'
import { importsIn, wrongImports } from '../../../test/kit/rooms.js'

// In this order: each room may import only from those before it.
const ROOMS = [
  'common',
  'accounting',
  'config',
  'batching',
  'routing',
  'http',
  'clickhouse',
  'spool',
  'telemetry',
  'delivery',
  'lifetime',
  'pipeline',
  'traces',
  'logs',
  'metrics',
  'backends',
  'register',
]

test('each room imports only from rooms before it, and no files import each other', () => {
  const imports = importsIn(join(import.meta.dirname, '../src'))
  expect(imports.get('delivery/destination.ts')).toContain('delivery/holdings.ts') // they are found
  expect(imports.get('delivery/verdict.ts')).toContain('clickhouse/outcome.ts') // those of types too
  expect(wrongImports(imports, ROOMS)).toEqual([])
})
