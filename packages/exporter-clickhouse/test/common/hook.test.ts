import { diag } from '@opentelemetry/api'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { clock } from '../../src/common/clock.js'
import { hook } from '../../src/common/hook.js'

afterEach(() => diag.disable())

function errors(): string[] {
  const lines: string[] = []
  const error = (...words: unknown[]) => lines.push(words.map(String).join(' '))
  const none = () => {}
  diag.setLogger({ error, warn: none, info: none, debug: none, verbose: none })
  return lines
}

test('a hook that fails is named, once and then at most once a minute with how often', async () => {
  const lines = errors()
  let now = 0
  vi.spyOn(clock, 'now').mockImplementation(() => now)
  onTestFinished(() => void vi.restoreAllMocks())
  const calls: number[] = []
  const told = hook('onDrop', (rows: number) => {
    calls.push(rows)
    if (rows % 2 === 0) throw new Error('of the application')
    return Promise.reject(new Error('of the application'))
  })
  for (let n = 0; n < 10; n++) told(n)
  await Promise.resolve()
  await Promise.resolve()
  expect(calls).toHaveLength(10)
  expect(lines).toEqual(['spanhouse: onDrop threw Error: of the application'])
  now = 60_000
  told(10)
  expect(lines).toHaveLength(2)
  expect(lines[1]).toBe('spanhouse: onDrop threw 10 times Error: of the application')
})

test('a hook that is not given is not missed, and a logger that throws stops nothing', () => {
  hook('onDrop', undefined)()
  const fail = () => {
    throw new Error('of the logger')
  }
  diag.setLogger({ error: fail, warn: fail, info: fail, debug: fail, verbose: fail })
  hook('the meter', fail)()
})
