import { expect, test } from 'vitest'
import { InOrder } from '../../src/delivery/in-order.js'

interface Thing {
  readonly place: number
}

/** Numbers that look random, the same ones in every run. */
function newDice(): (sides: number) => number {
  let seed = 1
  return (sides) => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % sides
  }
}

test('however things come and go, they stand in the order of their places', () => {
  const dice = newDice()
  const things: Thing[] = Array.from({ length: 4000 }, (_, place) => ({ place }))
  const set = new InOrder<Thing>()
  const expected = new Set<Thing>()
  const check = () => {
    const all = things.filter((thing) => expected.has(thing))
    expect([...set]).toEqual(all)
    expect(set.first).toBe(all[0])
  }
  for (const growing of [true, false, true])
    for (let round = 0; round < 20_000; round++) {
      const thing = things[dice(things.length)] as Thing
      const isIn = dice(10) < 1 ? !growing : growing
      set.keep(thing, isIn)
      if (isIn) expected.add(thing)
      else expected.delete(thing)
      if (round % 1000 === 0) check()
    }
  for (const thing of things) set.keep(thing, false)
  expected.clear()
  check()
})

test('what is in already is not there twice, and what is not there does not leave', () => {
  const [a, b] = [{ place: 1 }, { place: 2 }]
  const set = new InOrder<Thing>()
  set.keep(b, false)
  set.keep(a, true)
  set.keep(a, true)
  set.keep(b, false)
  expect([...set]).toEqual([a])
})
