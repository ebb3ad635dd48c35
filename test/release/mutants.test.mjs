// `npm run mutants` takes hours, so it is run seldom; its list has to fit the code until then.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BREAKAGES } from '../mutants/breakages.mjs'
import { breakText } from '../mutants/judge.mjs'
import { root } from '../packed/packed.js'

test('each breakage of npm run mutants has its place in the code, once', () => {
  const misplaced = BREAKAGES.flatMap((one) => {
    try {
      breakText(readFileSync(join(root, one.file), 'utf8'), one)
      return []
    } catch (error) {
      return [`${one.file}: ${error.message}`]
    }
  })
  expect(misplaced).toEqual([])
})
