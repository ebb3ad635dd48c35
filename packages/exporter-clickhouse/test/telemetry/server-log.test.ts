import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { clock } from '../../src/common/clock.js'
import { ClickHouseError } from '../../src/common/errors.js'
import { type DestinationLog, serverLog } from '../../src/telemetry/log.js'

const GONE = { error: new Error('connect ECONNREFUSED') }
const REFUSED = { error: new ClickHouseError(404, 60, 'ClickHouse error 60: no table') }
let servers = 0
let nowMs = 0
let host: string
let lines: () => string[]
let warnings: () => string[]
let of: Record<'traces' | 'logs' | 'metrics', DestinationLog>

beforeEach(() => {
  const said = diagLines()
  const warned: string[] = []
  const keep = (warning: string | Error) => void warned.push(String(warning))
  vi.spyOn(process, 'emitWarning').mockImplementation(keep)
  vi.spyOn(process, 'emit').mockImplementation(((_: string, error: Error) =>
    warned.push(error.message)) as never)
  vi.spyOn(clock, 'setTimeout').mockReturnValue({ unref: () => {} } as never) // nothing is said after a while
  onTestFinished(() => void vi.restoreAllMocks())
  host = `server${servers++}:8123`
  const short = (all: string[]) =>
    all.map((line) => line.replace('@spanhouse/exporter-clickhouse ', '').replaceAll(host, 'host'))
  lines = () => short(said)
  warnings = () => short(warned)
  const log = serverLog('primary', new URL(`http://${host}`), () => nowMs)
  of = {
    traces: log.of('traces', true),
    logs: log.of('logs', true),
    metrics: log.of('metrics', true),
  }
})

describe('the log of a server says', () => {
  test('once that it is away, with the rows that wait of all signals, and once that it is back', () => {
    for (let second = 0; second < 70; second += 2) {
      for (const log of Object.values(of)) log.failed(GONE, true, 30)
      nowMs += 2000
    }
    for (const log of Object.values(of)) log.recovered()
    expect(lines()).toEqual([
      'primary (host) takes no rows: connect ECONNREFUSED. Rows are kept and will be sent again.',
      'primary (host) has taken no rows for 60 s, 30 are waiting: connect ECONNREFUSED.',
      'primary (host) takes rows again after 70.0 s.',
    ])
  })

  test('that one signal is refused, with its name, while others are taken', () => {
    of.logs.failed(REFUSED, false, 3)
    of.traces.recovered()
    nowMs += 61_000
    of.logs.failed(REFUSED, false, 5)
    of.logs.recovered()
    of.traces.failed(REFUSED, false, 1)
    expect(lines()).toEqual([
      'primary (host, logs) takes no rows: ClickHouse error 60: no table. Rows are kept and will be sent again.',
      'primary (host, logs) has taken no rows for 61 s, 5 are waiting: ClickHouse error 60: no table.',
      'primary (host, logs) takes rows again after 61.0 s.',
      'primary (host) takes no rows: ClickHouse error 60: no table. Rows are kept and will be sent again.',
    ])
  })

  test('nothing new of a signal of which it has said that nothing is taken, until that is over', () => {
    of.logs.failed(GONE, true, 1)
    of.logs.failed(REFUSED, false, 1)
    expect(lines()).toHaveLength(1)
    of.traces.recovered()
    of.logs.failed(REFUSED, false, 1)
    of.logs.failed(GONE, true, 1)
    expect(lines()).toEqual([
      expect.stringContaining('(host) takes no rows: connect'),
      expect.stringContaining('(host) takes rows again'),
      expect.stringContaining('(host, logs) takes no rows: ClickHouse error 60'),
    ])
    of.traces.failed(GONE, true, 1)
    expect(lines().at(-1)).toContain('(host) takes no rows: connect')
  })

  test('once what is so for every table, and for each signal what is so for its table', () => {
    for (const log of Object.values(of)) {
      log.leftOut(['`a` (b.)'])
      log.noDeduplication('The server is too old.', true)
    }
    expect(lines()).toEqual([
      expect.stringContaining('primary (host) forbids this user some settings'),
      expect.stringMatching(/^primary \(host\) does not deduplicate: .* The server is too old\.$/),
    ])
    of.traces.noDeduplication('No window.', false)
    of.logs.noDeduplication('No window.', false)
    of.logs.dropped(3, 'queue_full', undefined)
    of.metrics.spool('the disk is full.')
    expect(lines().slice(2)).toEqual([
      expect.stringMatching(/^primary \(host\) does not deduplicate/),
      expect.stringMatching(/^primary \(host, logs\) does not deduplicate/),
      'primary (host, logs) lost 3 rows (queue_full).',
      'primary (host, metrics): the disk is full.',
    ])
  })

  test('the rows that all signals lose at a process.exit() in one line', () => {
    of.traces.exited(0)
    of.logs.exited(4)
    of.metrics.exited(5)
    for (const log of Object.values(of)) log.hasExited()
    expect(lines()).toEqual([expect.stringMatching(/^primary \(host\): 9 rows were not delivered/)])
    expect(warnings()).toEqual(lines())
    of.logs.exited(2)
    of.logs.hasExited()
    expect(lines().at(-1)).toMatch(/^primary \(host, logs\): 2 rows were not delivered/)
  })
})

describe('everybody is warned', () => {
  const end = (lost: Partial<Record<keyof typeof of, number>>) => {
    for (const log of Object.values(of)) log.ending()
    for (const [signal, log] of Object.entries(of))
      log.ended(lost[signal as keyof typeof of] ?? 0, 'the process ends')
  }

  test('once of a server that has taken nothing, with the sum of the rows that are lost', () => {
    for (const log of Object.values(of)) log.failed(GONE, true, 9)
    end({ traces: 2, logs: 3, metrics: 4 })
    expect(warnings()).toEqual([
      'primary (host) has taken no rows: connect ECONNREFUSED. 9 rows were not delivered and are lost.',
    ])
  })

  test('of a signal that was never taken, and not of those that were', () => {
    of.traces.delivered()
    of.logs.failed(REFUSED, false, 3)
    end({ logs: 3, metrics: 1 })
    expect(warnings()).toEqual([
      'primary (host, logs) has taken no rows: ClickHouse error 60: no table. 3 rows were not delivered and are lost.',
      'primary (host, metrics) has taken no rows: it has not answered. 1 rows were not delivered and are lost.',
    ])
  })

  test('of nothing if each signal was taken once', () => {
    for (const log of Object.values(of)) log.delivered()
    of.logs.failed(GONE, true, 3)
    of.metrics.failed(REFUSED, false, 3)
    end({ logs: 3, metrics: 3 })
    expect(warnings()).toEqual([])
  })

  test('of nothing if the configuration forbids it', () => {
    const silent = serverLog('silent', new URL(`http://${host}`), () => nowMs).of('logs', false)
    silent.failed(GONE, true, 3)
    silent.ending()
    silent.ended(3, 'the process ends')
    silent.exited(3)
    silent.hasExited()
    expect(warnings()).toEqual([])
  })
})
