import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Cohorts } from '../../src/delivery/cohorts.js'

type Member = Parameters<Cohorts['joins']>[0]

const { signal: never } = new AbortController()

function newMembers(count: number): Member[] {
  return Array.from({ length: count }, () => ({ cohort: undefined }))
}

/** The members that are there, and what each call waits for. */
function watched() {
  const cohorts = new Cohorts()
  const done: string[] = []
  return {
    cohorts,
    done,
    come(count: number): Member[] {
      const members = newMembers(count)
      for (const member of members) cohorts.joins(member)
      return members
    },
    wait(name: string, signal: AbortSignal = never) {
      void cohorts.whenGone(signal).then(() => done.push(name))
    },
  }
}

/** How many cohorts the members are in. */
function cohortsOf(members: readonly Member[]): number {
  return new Set(members.map(({ cohort }) => cohort)).size
}

test('a call waits for what was there, and not for what comes later', async () => {
  const { cohorts, done, come, wait } = watched()
  wait('nothing')
  const [a, b] = come(2) as [Member, Member]
  wait('a and b')
  const [c] = come(1) as [Member]
  wait('all')
  cohorts.leaves(c)
  cohorts.leaves(a)
  await turn()
  expect(done).toEqual(['nothing'])
  const [late] = come(1) as [Member]
  cohorts.leaves(b)
  await turn()
  expect(done).toEqual(['nothing', 'a and b', 'all'])
  wait('late')
  cohorts.leaves(late)
  await turn()
  expect(done.at(-1)).toBe('late')
})

test('what takes the place of others is waited for by all who waited for one of them', async () => {
  const { cohorts, done, come, wait } = watched()
  const [a] = come(1) as [Member]
  wait('a')
  const [b] = come(1) as [Member]
  wait('a and b')
  const united = newMembers(1) as [Member]
  cohorts.leaves(b, united)
  cohorts.leaves(a, united)
  const parts = newMembers(2) as [Member, Member]
  cohorts.leaves(united[0], parts)
  cohorts.leaves(parts[0])
  await turn()
  expect(done).toEqual([])
  cohorts.leaves(parts[1])
  await turn()
  expect(done.sort()).toEqual(['a', 'a and b'])
})

test('who gives up is told at once, and what has left twice counts once', async () => {
  const { cohorts, done, come, wait } = watched()
  const giving = new AbortController()
  const [a, b] = come(2) as [Member, Member]
  wait('patient')
  wait('impatient', giving.signal)
  giving.abort()
  wait('too late', giving.signal)
  cohorts.leaves(a)
  cohorts.leaves(a)
  await turn()
  expect(done.sort()).toEqual(['impatient', 'too late'])
  cohorts.leaves(b)
  await turn()
  expect(done).toContain('patient')
})

test('who comes back is waited for by later calls only', async () => {
  const { cohorts, done, come, wait } = watched()
  const [a] = come(1) as [Member]
  const [b] = come(1) as [Member]
  wait('both')
  cohorts.leaves(a)
  cohorts.joins(a)
  cohorts.joins(a)
  wait('again')
  cohorts.leaves(b)
  await turn()
  expect(done).toEqual(['both'])
  cohorts.leaves(a)
  await turn()
  expect(done).toEqual(['both', 'again'])
})

test('calls cost nothing for what is there: 1000 calls make no more cohorts than there are things', async () => {
  const { cohorts, done, come, wait } = watched()
  const first = come(2000)
  for (let n = 0; n < 1000; n++) wait('first')
  expect(cohortsOf(first)).toBe(1)
  // One stays, and each of the others is waited for alone.
  const others = Array.from({ length: 1000 }, (_, n) => {
    const [one] = come(1) as [Member]
    wait(`${n}`)
    return one
  })
  expect(cohortsOf([...first, ...others])).toBe(1001)
  for (const one of others) cohorts.leaves(one)
  const [last] = come(1) as [Member]
  expect(last.cohort?.older).toBe(first[0]?.cohort)
  for (const one of first) cohorts.leaves(one)
  await turn()
  expect(done).toHaveLength(2000)
})

test('calls that have given up leave nothing behind', async () => {
  const { come, wait } = watched()
  const members = come(1)
  for (let n = 0; n < 100; n++) {
    const giving = new AbortController()
    wait('one', giving.signal)
    giving.abort()
    members.push(...come(1))
  }
  expect(cohortsOf(members)).toBe(1)
  expect(members[0]?.cohort?.waiters).toBeUndefined()
})
