import { join } from 'node:path'
import { expect, test } from 'vitest'
import { importsIn, wrongImports } from '../../../test/kit/rooms.js'

// In this order: each room may import only from those before it.
const ROOMS = ['answers', 'bodies', 'access', 'telemetry', 'intake', 'http', 'grpc']

test('each room imports only from rooms before it, and no files import each other', () => {
  const imports = importsIn(join(import.meta.dirname, '../src'))
  expect(imports.get('http/handle.ts')).toContain('intake/desk.ts') // they are found
  expect(wrongImports(imports, ROOMS)).toEqual([])
})
