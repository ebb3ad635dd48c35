import { EventEmitter } from 'node:events'
import { expect, test, vi } from 'vitest'
import { openOutput } from '../../src/terminal/open-output.js'
import { paint, serviceColour } from '../../src/terminal/paint.js'

class Stream extends EventEmitter {
  written = ''
  readonly isTTY?: boolean
  columns?: number
  rows?: number
  constructor(fields: { isTTY?: boolean; columns?: number; rows?: number } = {}) {
    super()
    Object.assign(this, fields)
  }
  write(text: string) {
    this.written += text
  }
}

const terminal = () => new Stream({ isTTY: true, columns: 120, rows: 40 })

test('a terminal has its width and height, also after it is resized', () => {
  const stream = terminal()
  const out = openOutput(stream, {})
  expect([out.width, out.height, out.isTerminal]).toEqual([120, 40, true])
  stream.columns = 100
  expect(out.width).toBe(100)
})

test('without a terminal the width is 80, and COLUMNS counts everywhere', () => {
  expect(openOutput(new Stream(), {}).width).toBe(80)
  expect(openOutput(new Stream(), { COLUMNS: '140' }).width).toBe(140)
  expect(openOutput(terminal(), { COLUMNS: '60' }).width).toBe(60)
  expect(openOutput(new Stream(), { COLUMNS: 'wide' }).width).toBe(80)
  expect(openOutput(new Stream({ isTTY: true, columns: 0 }), {}).width).toBe(80)
})

test.each([
  ['on a terminal', terminal(), {}, true],
  ['not in a pipe', new Stream(), {}, false],
  ['not with NO_COLOR', terminal(), { NO_COLOR: '1' }, false],
  ['with an empty NO_COLOR', terminal(), { NO_COLOR: '' }, true],
  ['not on a dumb terminal', terminal(), { TERM: 'dumb' }, false],
])('there are colours %s', (_, stream, env, expected) => {
  expect(openOutput(stream, env).hasColours).toBe(expected)
})

test('colours are written only where there are colours', () => {
  expect(paint({ hasColours: true }, 'red', 'x')).toBe('\x1b[31mx\x1b[39m')
  expect(paint({ hasColours: false }, 'red', 'x')).toBe('x')
  expect(serviceColour(10)).toBe(serviceColour(0))
})

test('a reader that has gone closes the output once, and what follows is dropped', () => {
  const stream = new Stream()
  const closed = vi.fn()
  const out = openOutput(stream, {}, closed)
  out.write('a')
  const gone = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
  stream.emit('error', gone)
  stream.emit('error', gone)
  out.write('b')
  expect(closed.mock.calls).toEqual([[undefined]])
  expect(stream.written).toBe('a')
})

test('a full disk is told as an error', () => {
  const stream = new Stream()
  const closed = vi.fn()
  openOutput(stream, {}, closed)
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC' })
  stream.emit('error', full)
  expect(closed.mock.calls).toEqual([[full]])
})
