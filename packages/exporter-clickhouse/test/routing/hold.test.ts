import { expect, test } from 'vitest'
import { Hold } from '../../src/routing/hold.js'

test('a trace may have more waiting records than a call of a function may have arguments', () => {
  const MANY = 300_000
  const decided = { kept: 0, dropped: 0 }
  const owner = {
    decided: (_: object, isKept: boolean) => void decided[isKept ? 'kept' : 'dropped']++,
  }
  for (const decide of [
    (hold: Hold) => hold.keep('trace'),
    (hold: Hold) => hold.decideAll(owner),
  ]) {
    const hold = new Hold({ maxWaitMs: 60_000, maxWaitingBytes: Number.MAX_SAFE_INTEGER })
    const place = { traceId: 'trace', spanId: 'span', under: 'parent', isRoot: false }
    const one = { owner, parcel: undefined, record: {}, place, bytes: 1, isUsuallyKept: false }
    for (let n = 0; n < MANY; n++) hold.wait(one)
    decide(hold)
  }
  expect(decided).toEqual({ kept: MANY, dropped: MANY })
})
