import { describe, expect, test } from 'vitest'
import { type Course, type DropReason, Parcel } from '#exporter'
import type { Route } from '../src/intake/routes.js'
import { type Verdict, verdictOn } from '../src/intake/verdict.js'

type Happens = (course: Course) => void

const BOTH: readonly Route[] = [['near', 'far']]
const TAKEN = { step: 'answer', taken: { rejected: 0, message: '' } }

/** What is said when this has happened to the ten rows of a request at each destination. */
function verdictWhen(
  happened: Readonly<Record<string, Happens>>,
  routes: readonly Route[] = BOTH,
): Verdict | undefined {
  const parcel = new Parcel('a request')
  for (const [name, happens] of Object.entries(happened)) {
    const course = parcel.courseAt(name)
    course.take(10)
    happens(course)
  }
  parcel.complete()
  return verdictOn(parcel, routes, 'spans')
}

const waits: Happens = () => {}
const delivered: Happens = (course) => course.deliver(10, false)
const behind: Happens = (course) => course.fallBehind()
const dropped =
  (reason: DropReason, rows = 10): Happens =>
  (course) => {
    course.drop(rows, reason, false)
    course.deliver(10 - rows, false)
  }

test('while records are taken in, nothing can be said', () => {
  const parcel = new Parcel('a request')
  parcel.courseAt('near').take(10)
  parcel.courseAt('near').deliver(10, false)
  expect(verdictOn(parcel, [['near']], 'spans')).toBeUndefined()
})

test('a request whose records go nowhere is taken', () => {
  expect(verdictWhen({})).toEqual(TAKEN)
})

describe('two destinations that get the same', () => {
  test('both have the rows', () => {
    expect(verdictWhen({ near: delivered, far: delivered })).toEqual(TAKEN)
  })

  test('the second is waited for while it works, and not when it is behind', () => {
    expect(verdictWhen({ near: delivered, far: waits })).toBeUndefined()
    expect(verdictWhen({ near: delivered, far: behind })).toEqual(TAKEN)
  })

  test('one that is behind is waited for if no other has the rows', () => {
    expect(verdictWhen({ near: behind, far: behind })).toBeUndefined()
    expect(verdictWhen({ near: dropped('queue_full'), far: behind })).toBeUndefined()
  })

  test('a row counts as rejected if both have rejected it', () => {
    const some = verdictWhen({ near: dropped('rejected', 4), far: dropped('too_large', 1) })
    expect(some).toEqual({
      step: 'answer',
      taken: { rejected: 1, message: 'Not stored of these spans: 1 too large.' },
    })
    expect(verdictWhen({ near: dropped('rejected', 4), far: delivered })).toEqual(TAKEN)
  })
})

test('two destinations that get different rows do not stand in for each other', () => {
  const apart = [['near'], ['far']]
  expect(verdictWhen({ near: delivered, far: behind }, apart)).toBeUndefined()
  expect(verdictWhen({ near: delivered, far: dropped('queue_full') }, apart)).toMatchObject({
    step: 'repeat',
  })
  expect(verdictWhen({ near: dropped('rejected', 2), far: dropped('rejected', 3) }, apart)).toEqual(
    { step: 'answer', taken: { rejected: 3, message: expect.stringContaining('3 refused') } },
  )
})

test.each<DropReason>([
  'queue_full',
  'spool_full',
  'spool_corrupt',
  'retries_exhausted',
  'shutdown',
  'misconfigured',
])('rows that are lost because of %s are asked for again', (reason) => {
  expect(verdictWhen({ near: dropped(reason, 1) })).toEqual({
    step: 'repeat',
    why: `The rows could not be kept (${reason}).`,
  })
})

test.each<[DropReason, string]>([
  ['rejected', 'refused by the server'],
  ['dead_lettered', 'refused by the server and kept as dead letters'],
  ['too_large', 'too large'],
  ['encode_error', 'impossible to encode'],
  ['unconfirmed', 'not confirmed by the server'],
  ['internal_error', "lost by a mistake of the receiver's"],
])('rows that are lost because of %s would be lost again', (reason, words) => {
  expect(verdictWhen({ near: dropped(reason, 7) })).toEqual({
    step: 'answer',
    taken: { rejected: 7, message: `Not stored of these spans: 7 ${words}.` },
  })
})
