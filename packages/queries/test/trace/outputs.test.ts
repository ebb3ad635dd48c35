import { expect, test } from 'vitest'
import {
  buildTrace,
  compareTraces,
  type SpanRow,
  traceJson,
  traceMarkdown,
} from '../../src/index.js'
import { ms, span } from './spans.js'

const failed: Partial<SpanRow> = {
  status: 'error',
  status_message: 'no such user',
  attributes: { 'http.route': '/users/:id', 'user.id': '7' },
  events: [
    {
      offset_ns: ms(3),
      name: 'exception',
      attributes: {
        'exception.type': 'NotFound',
        'exception.message': 'user 7',
        'exception.stacktrace': 'NotFound: user 7\n    at find (/app/users.js:3:9)',
      },
    },
  ],
}

const rows = [
  span('root', '', [0, 100], { name: 'GET /users', kind: 'server' }),
  ...Array.from({ length: 6 }, (_, i) =>
    span(`q${i}`, 'root', [i * 10, i * 10 + 9], {
      name: 'SELECT users',
      kind: 'client',
      service: 'db',
    }),
  ),
  span('bad', 'root', [70, 90], { name: 'check', ...failed }),
  span('lost', 'gone', [95, 99]),
]

test('Markdown has the waterfall, the path, the repeats and the errors', () => {
  expect(traceMarkdown(buildTrace(rows))).toMatchInlineSnapshot(`
    "**Trace** \`0af7651916cd43dd8448eb211c80319c\`: \`shop GET /users\`, 100 ms, 9 spans, 2 services, 1 error, at 2023-11-14 22:13:20.000Z

    \`\`\`text
        start   duration                              service: span
         0 ns     100 ms  [--------------###-----##]  shop: GET /users
         0 ns    9.00 ms  [##############          ]    db: SELECT users [×6, 54.0 ms, one after another]
      70.0 ms    20.0 ms  [                ######  ]    shop: check [ERROR]
      95.0 ms    4.00 ms  [                      --]  shop: lost [parent gone is missing]
    \`\`\`

    What decided when it ended (\`#\` above):

    - 54.0 ms (54 %) in \`db: SELECT users\` ×6
    - 26.0 ms (26 %) in \`shop: GET /users\`
    - 20.0 ms (20 %) in \`shop: check\`

    Repeats:

    - \`db: SELECT users\` ×6, 54.0 ms, one after another in \`shop: GET /users\` (N+1)

    Errors:

    - \`shop: check\`, 20.0 ms, span \`bad\`

      \`\`\`text
      no such user
      NotFound: user 7
          at find (/app/users.js:3:9)
      http.route = /users/:id
      user.id = 7
      \`\`\`
    "
  `)
})

test('hostile text cannot leave the code in Markdown', () => {
  const hostile =
    '```\n\n# Injected <script> @everyone ``` [link](http://evil) ````` `x`\x1b[2J\u202e'
  const markdown = traceMarkdown(
    buildTrace([
      span('a', hostile, [0, 10], {
        name: hostile,
        service: hostile,
        status: 'error',
        status_message: hostile,
        attributes: { [hostile]: hostile },
        events: [
          {
            offset_ns: 0,
            name: 'exception',
            attributes: {
              'exception.type': hostile,
              'exception.message': hostile,
              'exception.stacktrace': `x\n at ${hostile}`,
            },
          },
        ],
      }),
      span('b', '', [0, 10], {
        status: 'error',
        status_message: '```',
        attributes: { after: '@everyone' },
      }),
    ]),
  )
  expect(outsideOfCode(markdown)).not.toMatch(/Injected|script|everyone|evil/)
  for (const character of ['\x1b', '\u202e']) expect(markdown).not.toContain(character)
})

/** What a reader of CommonMark takes for text: without fenced blocks and spans of code. */
function outsideOfCode(markdown: string): string {
  const outside: string[] = []
  let fence: string | undefined
  for (const line of markdown.split('\n')) {
    const ticks = /^ {0,3}(`{3,})([^`]*)$/.exec(line)
    if (fence === undefined && ticks) fence = ticks[1]
    else if (
      fence !== undefined &&
      ticks &&
      ticks[2]?.trim() === '' &&
      (ticks[1] ?? '').length >= fence.length
    )
      fence = undefined
    else if (fence === undefined)
      outside.push(line.replace(/(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)/g, ''))
  }
  expect(fence).toBeUndefined()
  return outside.join('\n')
}

test('Markdown of a huge trace fits into an issue', () => {
  const many = Array.from({ length: 10_000 }, (_, i) =>
    span(`s${i}`, i === 0 ? '' : `s${i - 1}`, [0, 10], { name: `n${i}`.repeat(5), ...failed }),
  )
  expect(traceMarkdown(buildTrace(many)).length).toBeLessThan(65_536)
})

test('Markdown of an empty trace says so', () => {
  expect(traceMarkdown(buildTrace([]))).toBe('The trace has no spans.\n')
})

test('JSON is flat and has the numbers of the model', () => {
  const json = traceJson(buildTrace(rows))
  expect(Object.keys(json)).toEqual([
    'trace_id',
    'start',
    'start_us',
    'duration_ns',
    'errors',
    'services',
    'spans',
    'repeats',
  ])
  expect(json.start).toBe('2023-11-14T22:13:20.000Z')
  expect(
    json.spans.map(({ span_id, depth, self_ns, parent_missing }) => [
      span_id,
      depth,
      self_ns,
      parent_missing,
    ]),
  ).toContainEqual(['lost', 0, ms(4), true])
  expect(json.repeats).toEqual([
    {
      parent_span_id: 'root',
      service: 'db',
      name: 'SELECT users',
      kind: 'client',
      count: 6,
      errors: 0,
      total_ns: ms(54),
      wall_ns: ms(54),
      how: 'sequential',
      span_ids: ['q0', 'q1', 'q2', 'q3', 'q4', 'q5'],
    },
  ])
  expect(JSON.parse(JSON.stringify(json))).toEqual(json)
})

test('JSON of a trace 10,000 deep can be written', () => {
  const deep = Array.from({ length: 10_000 }, (_, i) => span(`s${i}`, `s${i - 1}`, [0, 1]))
  expect(JSON.stringify(traceJson(buildTrace(deep))).length).toBeGreaterThan(1e6)
})

test('compares traces by the path of names: in both with the difference, only in one, only in the other', () => {
  const a = buildTrace([
    span('1', '', [0, 100], { name: 'GET' }),
    span('2', '1', [0, 10], { name: 'auth' }),
    span('3', '1', [20, 30], { name: 'query' }),
    span('4', '1', [30, 40], { name: 'query' }),
  ])
  const b = buildTrace([
    span('9', '', [0, 150], { name: 'GET' }),
    span('8', '9', [20, 70], { name: 'query', status: 'error' }),
    span('7', '8', [21, 22], { name: 'connect' }),
    span('6', '9', [15, 16], { name: 'cache' }),
  ])
  const { differenceNs, operations } = compareTraces(a, b)
  expect(differenceNs).toBe(ms(50))
  expect(
    operations.map((each) => [
      each.depth,
      each.name,
      each.a?.count,
      each.b?.count,
      each.differenceNs / 1e6,
    ]),
  ).toEqual([
    [0, 'GET', 1, 1, 50],
    [1, 'auth', 1, undefined, -10],
    [1, 'cache', undefined, 1, 1],
    [1, 'query', 2, 1, 30],
    [2, 'connect', undefined, 1, 1],
  ])
  expect(operations[3]?.b?.errors).toBe(1)
})
