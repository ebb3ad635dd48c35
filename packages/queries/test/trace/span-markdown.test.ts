import { expect, test } from 'vitest'
import { buildTrace, spanMarkdown } from '../../src/index.js'
import { ms, span } from './spans.js'

const markdown = (...given: Parameters<typeof span>) => {
  const first = buildTrace([span(...given)]).spans[0]
  if (!first) throw new Error('no span')
  return spanMarkdown(first)
}

test('a span as Markdown says what it is, its attributes, exceptions, events and links', () => {
  const text = markdown('b7ad6b7169203331', '00f067aa0ba902b7', [0, 12], {
    name: 'POST /pay',
    kind: 'server',
    status: 'error',
    status_message: 'declined',
    attributes: { 'http.route': '/pay' },
    resource: { 'service.version': '1.4.0' },
    events: [
      { offset_ns: ms(3), name: 'retry', attributes: { attempt: '2' } },
      {
        offset_ns: ms(4),
        name: 'exception',
        attributes: {
          'exception.type': 'CardError',
          'exception.message': 'no funds',
          'exception.stacktrace': 'CardError: no funds\n    at pay (/app/pay.js:1:2)',
        },
      },
    ],
    links: [{ trace_id: 'abc', span_id: 'def', trace_state: '', attributes: {} }],
  })
  expect(text).toMatch(/^\*\*Span\*\* `shop POST \/pay`: 12\.0 ms, 0 ns after/)
  for (const part of [
    'trace 0af7651916cd43dd8448eb211c80319c, span b7ad6b7169203331, parent 00f067aa0ba902b7',
    'kind server, status error: declined',
    'http.route = /pay',
    'Exception `CardError: no funds`:',
    '    at pay (/app/pay.js:1:2)',
    '3.00 ms retry attempt = 2',
    'trace abc, span def',
    'service.version = 1.4.0',
  ])
    expect(text).toContain(part)
})

test('hostile text stays within its code, and the size is bounded', () => {
  const many = Object.fromEntries(
    Array.from({ length: 5000 }, (_, n) => [`k${n}`, 'x'.repeat(5000)]),
  )
  const text = markdown('a', '', [0, 1], {
    name: '`](javascript:1) @everyone <b>',
    attributes: { '```': '```\n# title\u202e', ...many },
  })
  expect(text.length).toBeLessThan(200_000)
  expect(text).toContain('… and 4901 more attributes')
  expect(text).not.toContain('\u202e')
  const fences = text.split('\n').filter((line) => line.startsWith('```'))
  expect(fences.some((fence) => fence.startsWith('````'))).toBe(true)
  expect(text).not.toMatch(/^# title/m)
})
