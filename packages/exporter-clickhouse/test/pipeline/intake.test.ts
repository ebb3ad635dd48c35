import { expect, test } from 'vitest'
import { Parcel } from '../../src/accounting/parcel.js'
import { Intake } from '../../src/pipeline/intake.js'

const never = new AbortController().signal

function busyFor(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

test('rows that take long do not block the event loop together, even if nothing is left of them', async () => {
  const steps: number[] = []
  const lane = {
    waitingBytes: 0,
    addOf(_: Parcel, records: readonly number[]) {
      steps.push(records.length)
      busyFor(5 * records.length)
    },
    sealParcel: () => {},
    abandonParcel: () => {},
  }
  const arrivals = { begin: () => {}, end: () => {} }
  const ends = { destinations: [], lanes: [lane], arrivals, counted: () => {} }
  const intake = new Intake<number>(ends as never)
  const taken = await intake.take(new Parcel('slow'), [Array(60).fill(0)], {
    patience: never,
    closing: never,
  })
  expect(taken).toBe(60)
  const [, ...later] = steps
  expect(Math.max(...later)).toBeLessThanOrEqual(2)
})
