import { expect, onTestFinished, test, vi } from 'vitest'
import { flushBeforeExit } from '../../src/lifetime/before-exit.js'

test('what came in since is flushed when there is nothing left to do, and else nothing is waited for', () => {
  const pipeline = {
    acceptedRows: 1,
    flushBeforeExit: vi.fn(async () => {}),
    flush: async () => {},
  }
  const leave = flushBeforeExit(pipeline)
  onTestFinished(leave)
  const nothingLeftToDo = () => process.emit('beforeExit', 0)
  nothingLeftToDo()
  nothingLeftToDo()
  expect(pipeline.flushBeforeExit).toHaveBeenCalledTimes(1)
  pipeline.acceptedRows++
  nothingLeftToDo()
  expect(pipeline.flushBeforeExit).toHaveBeenCalledTimes(2)
  pipeline.acceptedRows++
  leave()
  nothingLeftToDo()
  expect(pipeline.flushBeforeExit).toHaveBeenCalledTimes(2)
})
