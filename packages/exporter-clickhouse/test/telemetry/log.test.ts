import { DiagLogLevel, diag } from '@opentelemetry/api'
import { afterEach, expect, test } from 'vitest'
import { type DestinationLog, serverLog } from '../../src/telemetry/log.js'

afterEach(() => diag.disable())

/** The log of a destination, its lines, and a clock for it. */
function newLog(): { log: DestinationLog; lines: string[]; goBy: (seconds: number) => void } {
  const lines: string[] = []
  const write = (...words: unknown[]) => void lines.push(String(words[1]))
  diag.setLogger(
    { error: write, warn: write, info: write, debug: write, verbose: write },
    DiagLogLevel.WARN, // as the README recommends
  )
  lines.length = 0
  let nowMs = 1_000_000
  const log = serverLog('primary', new URL('http://server:8123'), () => nowMs).of('traces', false)
  return {
    log,
    lines,
    goBy: (seconds) => {
      nowMs += seconds * 1000
    },
  }
}

test('a failure has a line when it begins, one a minute at most while it lasts, and one when it is over', () => {
  const { log, lines, goBy } = newLog()
  const error = new Error('connect ECONNREFUSED')
  for (let second = 0; second < 150; second++) {
    log.failed({ error }, true, second)
    goBy(1)
  }
  log.recovered()
  log.recovered()
  expect(lines).toEqual([
    'primary (server:8123) takes no rows: connect ECONNREFUSED. Rows are kept and will be sent again.',
    'primary (server:8123) has taken no rows for 60 s, 60 are waiting: connect ECONNREFUSED.',
    'primary (server:8123) has taken no rows for 120 s, 120 are waiting: connect ECONNREFUSED.',
    'primary (server:8123) takes rows again after 150.0 s.',
  ])
})

test('rows that are dropped have a line a minute, which counts those since the line before', () => {
  const { log, lines, goBy } = newLog()
  log.dropped(1, 'queue_full', undefined)
  log.dropped(10, 'queue_full', undefined)
  log.dropped(100, 'queue_full', undefined)
  expect(lines).toEqual(['primary (server:8123) lost 1 rows (queue_full).'])
  goBy(60)
  log.dropped(1000, 'queue_full', undefined)
  expect(lines.slice(1)).toEqual(['primary (server:8123) lost 1110 rows (queue_full).'])
})

test('the message of an error of the application’s code is in no line: it may quote the record', () => {
  const { log, lines, goBy } = newLog()
  const failure = () => {
    try {
      return JSON.parse('card 4111')
    } catch (error) {
      return error as Error
    }
  }
  for (const reason of ['encode_error', 'internal_error'] as const) {
    log.dropped(1, reason, failure())
    goBy(60)
  }
  log.dropped(1, 'encode_error', 'card 4111' as never)
  expect(lines).toHaveLength(3)
  expect(lines.join()).not.toContain('4111')
  expect(lines[0]).toMatch(/lost 1 rows \(encode_error\): SyntaxError/)
})

test('a table or columns that are made again have one line a minute for each table', () => {
  const { log, lines, goBy } = newLog()
  const table = { database: 'telemetry', table: 'traces' }
  const created = { event: 'created_again', ...table } as const
  const added = { event: 'added_again', ...table } as const
  log.table(created)
  log.table(created)
  log.table({ ...created, table: 'others' })
  log.table({ ...added, columns: ['environment', 'span_name'] })
  log.table({ ...added, columns: ['environment'] })
  expect(lines).toEqual([
    'primary (server:8123): telemetry.traces was gone while the application ran, and has been created again. The rows from before are in the old table, if somebody renamed it.',
    expect.stringContaining('telemetry.others was gone'),
    'primary (server:8123): the table telemetry.traces had lost columns while the application ran, and they have been added again: environment, span_name. The rows from before have their defaults there.',
  ])
  goBy(60)
  log.table(created)
  expect(lines).toHaveLength(4)
})

test('a logger of the application that throws stops nothing', () => {
  const fail = () => {
    throw new Error('from the logger')
  }
  const log = serverLog('primary', new URL('http://server:8123')).of('traces', false)
  diag.setLogger({ error: fail, warn: fail, info: fail, debug() {}, verbose() {} })
  log.failed({ error: new Error('no') }, true, 1)
  log.dropped(1, 'queue_full', undefined)
})
