import { expect, test } from 'vitest'
import { Batch } from '../../src/batching/batch.js'
import { Entry, type State } from '../../src/delivery/entry.js'
import type { Stored } from '../../src/spool/stored.js'

const batch = Batch.seal(['{}'], { codec: 'none', level: 1, thresholdBytes: 0 })
const stored = { destination: 'primary', rows: 3 } as Stored

function entryIn(...states: State[]): Entry {
  const entry = Entry.of(batch)
  for (const state of states) entry.to(state)
  return entry
}

test.each<[string, State[]]>([
  ['sent at the first attempt', ['ready', 'in_flight', 'gone']],
  ['sent again after a failure', ['ready', 'in_flight', 'ready', 'in_flight', 'gone']],
  ['that rests by itself', ['ready', 'in_flight', 'resting', 'ready']],
  ['that is divided', ['ready', 'in_flight', 'splitting', 'gone']],
  ['that waits for the other part, and is divided untried', ['held', 'splitting', 'gone']],
  ['that waits for the other part, and is sent', ['held', 'ready', 'in_flight']],
  ['of a refused kind', ['ready', 'in_flight', 'aside', 'ready']],
  ['that is dropped before it is compressed', ['gone']],
])('the life of a batch %s', (_, states) => {
  expect(entryIn(...states).state).toBe(states.at(-1))
})

test.each<[string, State[], State]>([
  ['is sent twice at once', ['ready', 'in_flight'], 'in_flight'],
  ['comes back when it is gone', ['gone'], 'ready'],
  ['is sent while it is divided', ['ready', 'in_flight', 'splitting'], 'ready'],
  ['is sent before it is compressed', [], 'in_flight'],
  ['is sent while it rests', ['ready', 'in_flight', 'resting'], 'in_flight'],
])('no batch %s', (_, states, next) => {
  const entry = entryIn(...states)
  expect(() => entry.to(next)).toThrow(/^bug: a batch went from /)
})

test('a batch of an earlier process is ready, and nobody waits for its receipt', async () => {
  const entry = Entry.recovered(stored)
  expect([entry.state, entry.rows, entry.recovered]).toEqual(['ready', 3, true])
  expect(await entry.receipt).toBe('waiting')
})

test('what becomes of a batch has been through what that has been through, but for its deadline', () => {
  const entry = Entry.recovered(stored)
  entry.history = { ...entry.history, failures: 3, timeouts: 2, ambiguous: true }
  const heir = entry.heir(batch, { statement: '', settings: {} }, undefined)
  expect(heir).toMatchObject({ recovered: true, divided: true, state: 'sealed' })
  expect(heir.history).toMatchObject({ failures: 3, timeouts: 0, ambiguous: true })
})

test('whoever waits for the outcome of a batch is told once', () => {
  const entry = entryIn()
  const told: boolean[] = []
  entry.onVerdict = (taken) => told.push(taken)
  entry.tell(true)
  entry.tell(false)
  expect(told).toEqual([true])
})
