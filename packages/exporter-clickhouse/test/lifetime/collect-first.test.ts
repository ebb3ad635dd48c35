import { describe, expect, test } from 'vitest'
import { elapsed, onThisMachine, SOON_MS } from '../../../../test/kit/patience.js'
import { collectFirst } from '../../src/lifetime/collect-first.js'

/** A pipeline, and a reader that brings so many rows into it with each collection. */
function scene(rows = 3) {
  const steps: string[] = []
  const pipeline = {
    acceptedRows: 0,
    flushBeforeExit: async () => void steps.push('flushed at the end'),
    flush: async () => void steps.push('flushed'),
  }
  const collect = async () => {
    steps.push('collected')
    pipeline.acceptedRows += rows
  }
  return { steps, pipeline, collect }
}

test('what was counted is collected before the flush at the end, although no row has come before', async () => {
  const { steps, pipeline, collect } = scene()
  const first = collectFirst(pipeline, collect, 60_000)
  expect(first.acceptedRows).toBeGreaterThan(0)
  await first.flushBeforeExit()
  expect(steps).toEqual(['collected', 'flushed at the end'])
})

test('rows of a collection are no reason for another flush, other rows are', async () => {
  const { pipeline, collect } = scene()
  const first = collectFirst(pipeline, collect, 60_000)
  const before = first.acceptedRows
  await first.flushBeforeExit()
  await first.collect?.(60_000)
  expect(pipeline.acceptedRows).toBe(6)
  expect(first.acceptedRows).toBe(before)
  pipeline.acceptedRows++
  expect(first.acceptedRows).not.toBe(before)
})

test('an invocation flushes without collecting, because it collects once for all', async () => {
  const { steps, pipeline, collect } = scene()
  const first = collectFirst(pipeline, collect, 60_000)
  await first.flush(60_000)
  expect(steps).toEqual(['flushed'])
})

describe('a collection does not keep rows from being flushed', () => {
  test.each([
    ['that fails', () => Promise.reject(new Error('of a callback'))],
    [
      'that throws',
      () => {
        throw new Error('of a reader')
      },
    ],
    ['that hangs', () => new Promise<void>(() => {})],
  ])('%s', async (_, collect) => {
    const { steps, pipeline } = scene()
    const first = collectFirst(pipeline, collect, 50)
    expect(await elapsed(first.flushBeforeExit())).toBeLessThan(onThisMachine(SOON_MS))
    expect(steps).toEqual(['flushed at the end'])
  })
})
