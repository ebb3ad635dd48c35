// The study of the encoder's tricks replaces texts of the built code; they have to be there until somebody runs it.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../packed/packed.js'

test('each trick of the encoder has its place in the built code, once', () => {
  const study = join(root, 'bench/studies/tricks.mjs')
  const { status, stderr } = spawnSync(process.execPath, [study, '--rounds', '0'], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})
