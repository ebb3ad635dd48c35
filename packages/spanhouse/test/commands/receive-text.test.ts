import { expect, test } from 'vitest'
import { summaryAsText } from '../../src/commands/receive-text.js'

function signal(records: number, primary: object) {
  const counts = { delivered: 0, waiting: 0, dropped: {}, ...primary }
  return { records, exporter: { destinations: { primary: counts } } }
}

test('the summary tells rows that were left out on purpose from rows that were dropped', () => {
  const signals = {
    traces: signal(1500, { delivered: 500, dropped: { filtered: 999, queue_full: 1 } }),
    logs: signal(20, { delivered: 10, waiting: 10 }),
    metrics: signal(0, {}),
  }
  expect(summaryAsText({ signals } as never)).toBe(
    'Received 1,500 spans, 20 log records, 0 data points.\n' +
      'primary: 510 rows stored, 10 left in the spool, 999 left out by filters or sampling, 1 dropped\n',
  )
})
