import type { IncomingMessage } from 'node:http'
import { expect, onTestFinished, test, vi } from 'vitest'
import { newGuard } from '../../src/page/guard.js'

const refusal = (port: number, headers: IncomingMessage['headers']) =>
  newGuard('token', port).refusal({ headers } as IncomingMessage)

test.each(['127.0.0.1', 'localhost', '[::1]'])(
  'at port 80 the page is for %s with and without the port, which browsers leave out',
  (name) => {
    for (const host of [name, `${name}:80`])
      expect(refusal(80, { host, origin: `http://${host}` })).toBeUndefined()
  },
)

test('at port 80 other names and ports are refused', () => {
  expect(refusal(80, { host: 'evil.example' })).toBe('The page has another address.')
  expect(refusal(80, { host: 'localhost:8080' })).toBe('The page has another address.')
  const origin = 'http://localhost:8080'
  expect(refusal(80, { host: 'localhost', origin })).toBe('Another site may not ask here.')
})

test('at another port a name without a port is another address', () => {
  expect(refusal(8080, { host: 'localhost:8080' })).toBeUndefined()
  expect(refusal(8080, { host: 'localhost' })).toBe('The page has another address.')
  const origin = 'http://localhost'
  expect(refusal(8080, { host: 'localhost:8080', origin })).toBe('Another site may not ask here.')
})

test('a ticket lets one visitor in, once; a new one takes its place; the token stays', () => {
  const guard = newGuard('token', 8080)
  expect(guard.takeTicket(null)).toBe(false)
  const [former, ticket] = [guard.newTicket(), guard.newTicket()]
  expect(ticket).toMatch(/^[0-9a-f]{32}$/)
  expect([former, 'token', ''].map(guard.takeTicket)).toEqual([false, false, false])
  expect([ticket, ticket].map(guard.takeTicket)).toEqual([true, false])
  expect([ticket, 'token'].map(guard.isToken)).toEqual([false, true])
})

test('a ticket that nobody has used within a minute lets nobody in', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const guard = newGuard('token', 8080)
  const [early, late] = [59_999, 60_000].map((ms) => {
    const ticket = guard.newTicket()
    vi.advanceTimersByTime(ms)
    return guard.takeTicket(ticket)
  })
  expect([early, late]).toEqual([true, false])
})
