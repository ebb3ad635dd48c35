import type { HealthRow } from '@spanhouse/queries'
import { expect, test } from 'vitest'
import type { DropReason } from '../../exporter-clickhouse/src/accounting/drop-reason.js'
import { bytesText, exportersOf, totalsOf } from '../src/health/exporters.js'
import { meaningOf } from '../src/health/reasons.js'

const NOW = 1_800_000_000_000_000
const row = (measure: string, value: number, more: Partial<HealthRow> = {}): HealthRow => ({
  measure,
  value,
  service: 'shop',
  instance: 'a',
  destination: 'main',
  signal: 'traces',
  reason: '',
  at_us: NOW - 20e6,
  ...more,
})

test('the measures of one destination of one process are one line, with drops by reason', () => {
  const [only, ...more] = exportersOf(
    [
      row('delivered', 900),
      row('dropped', 3, { reason: 'too_large' }),
      row('dropped', 40, { reason: 'queue_full' }),
      row('dropped', 0, { reason: 'shutdown' }),
      row('waiting', 7),
      row('queue_bytes', 2048),
      row('errors', 5),
    ],
    NOW,
  )
  expect(more).toEqual([])
  expect(only).toMatchObject({
    delivered: 900,
    dropped: 43,
    reasons: [
      { reason: 'queue_full', rows: 40 },
      { reason: 'too_large', rows: 3 },
    ],
    waiting: 7,
    queueBytes: 2048,
    spoolBytes: undefined,
    failedAttempts: 5,
    isSilent: false,
  })
})

test('processes and destinations are kept apart, and those that dropped rows come first', () => {
  const exporters = exportersOf(
    [
      row('delivered', 1),
      row('waiting', 4, { destination: 'backup' }),
      row('dropped', 1, { instance: 'z', reason: 'rejected' }),
    ],
    NOW,
  )
  expect(exporters.map(({ instance, destination }) => `${instance} ${destination}`)).toEqual([
    'z main',
    'a backup',
    'a main',
  ])
})

test('a process that has not reported for minutes is silent, and its rows no longer wait', () => {
  const exporters = exportersOf(
    [row('waiting', 4), row('waiting', 9, { instance: 'b', at_us: NOW - 600e6 })],
    NOW,
  )
  expect(exporters.map(({ isSilent }) => isSilent)).toEqual([false, true])
  expect(totalsOf(exporters)).toMatchObject({ processes: 2, waiting: 4 })
})

test('bytes have two digits and a unit', () => {
  expect([0, 812, 1400, 15_000, 999_600, 2.5e9].map(bytesText)).toEqual([
    '0 B',
    '812 B',
    '1.4 kB',
    '15 kB',
    '1.0 MB',
    '2.5 GB',
  ])
})

/** The compiler says if the exporter has another reason. */
const REASONS: Readonly<Record<DropReason, true>> = {
  queue_full: true,
  rejected: true,
  dead_lettered: true,
  retries_exhausted: true,
  too_large: true,
  encode_error: true,
  spool_full: true,
  spool_corrupt: true,
  misconfigured: true,
  unconfirmed: true,
  filtered: true,
  internal_error: true,
  shutdown: true,
}

test('every reason of the exporter has a meaning here', () => {
  for (const reason of Object.keys(REASONS))
    expect([reason, meaningOf(reason)]).not.toEqual([reason, meaningOf('unheard_of')])
})

test('the signals of one destination are rows of their own, traces first', () => {
  const rows = [
    row('delivered', 1, { signal: 'logs' }),
    row('delivered', 2),
    row('dropped', 3, { signal: 'logs', reason: 'queue_full' }),
  ]
  expect(exportersOf(rows, NOW).map(({ signal, delivered }) => [signal, delivered])).toEqual([
    ['logs', 1], // it dropped rows
    ['traces', 2],
  ])
  expect(exportersOf(rows.slice(0, 2), NOW).map(({ signal }) => signal)).toEqual(['traces', 'logs'])
  expect(totalsOf(exportersOf(rows, NOW))).toMatchObject({ processes: 1, delivered: 3, dropped: 3 })
})
