import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { memoryOutput } from '../../../../test/kit/memory-output.js'
import { startProgress, withProgress } from '../../src/terminal/progress.js'
import { startRedraw } from '../../src/terminal/redraw.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('says nothing of what takes less than a second', async () => {
  const err = memoryOutput({ isTerminal: true })
  await withProgress(err, 'Asking', async () => void vi.advanceTimersByTime(900))
  vi.advanceTimersByTime(5000)
  expect(err.text()).toBe('')
})

test('turns on a terminal after a second, and removes its line', () => {
  const err = memoryOutput({ isTerminal: true })
  const progress = startProgress(err, 'Asking')
  vi.advanceTimersByTime(1000)
  expect(err.text()).toBe('\r\x1b[2K⠋ Asking …')
  vi.advanceTimersByTime(100)
  expect(err.text()).toContain('⠙ Asking …')
  progress.say('Waiting')
  expect(err.text()).toContain('Waiting …')
  progress.end()
  progress.end()
  expect(err.text().endsWith('…\r\x1b[2K')).toBe(true)
  const length = err.text().length
  vi.advanceTimersByTime(5000)
  expect(err.text()).toHaveLength(length)
})

test('is one line for each text elsewhere', () => {
  const err = memoryOutput()
  const progress = startProgress(err, 'Asking')
  vi.advanceTimersByTime(3000)
  progress.say('Waiting')
  progress.end()
  expect(err.text()).toBe('Asking …\nWaiting …\n')
})

test('ends also when the work fails', async () => {
  const err = memoryOutput({ isTerminal: true })
  const work = withProgress(err, 'Asking', async () => {
    vi.advanceTimersByTime(1500)
    throw new Error('refused')
  })
  await expect(work).rejects.toThrow('refused')
  expect(err.text().endsWith('\r\x1b[2K')).toBe(true)
})

test('draws a block over the last one, and never more than the terminal has', () => {
  const out = memoryOutput({ isTerminal: true, height: 3 })
  const screen = startRedraw(out)
  screen.draw(['a', 'b', 'c', 'd'])
  screen.draw(['e'])
  screen.draw(['f', 'g'])
  expect(out.text().replaceAll('\x1b[K', '')).toBe(
    [
      '\x1b[?7l\ra\n\rb\n\x1b[J\x1b[?7h',
      '\x1b[?7l\x1b[2A\re\n\x1b[J\x1b[?7h',
      '\x1b[?7l\x1b[1A\rf\n\rg\n\x1b[J\x1b[?7h',
    ].join(''),
  )
})
