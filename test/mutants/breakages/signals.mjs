import { exporter, faults } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

const logs = [exporter('log-records')]
const ends = [exporter('three-signals'), exporter('with-flush')]
const config = [exporter('config/signals'), exporter('config'), exporter('option-mistakes')]
const atOnce = [faults('model')]

/** What only a process with several signals has. */
export const SIGNALS = [
  ...inFile('exporter/logs/snapshot', logs, [
    ['forgets the name of an event', '      eventName,\n      attributes: ', '      attributes: '],
  ]),
  ...inFile('exporter/lifetime/global-providers', ends, [
    ['does not see the provider of logs of SDK 2', ' ?? logs?.(CONTRACT)', ''],
    ['flushes the proxy of a provider', 'provider?.getDelegate?.() ?? provider', 'provider'],
  ]),
  ...inFile('exporter/delivery/splitter', atOnce, [
    [
      'puts the parts of a batch of logs among the spans',
      'const name = nameOnDisk(config)',
      'const { name } = config',
    ],
  ]),
  ...inFile('exporter/pipeline/spools', atOnce, [
    [
      'takes over the spans of a dead process for any signal',
      'sharers.map(nameOnDisk)',
      'sharers.map(({ name }) => name)',
    ],
  ]),
  ...inFile('exporter/config/targets', config, [
    [
      'puts exponential histograms among the histograms',
      'exponential_histogram: 3',
      'exponential_histogram: 2',
    ],
    ['has one database for all schemas', 'database ?? one.database', "database ?? 'telemetry'"],
  ]),
  ...inFile('exporter/config/signal-view', config, [
    ['gives every signal the table of the spans', "    delete shared['table']\n", ''],
    ['ignores the group of a signal', 'own === undefined || own instanceof Given ? {} : own', '{}'],
  ]),
  ...inFile('exporter/config/gathered', config, [
    [
      'sends every signal to a destination that takes only some',
      '?.includes(signal) ?? true',
      ' === undefined || true',
    ],
  ]),
  ...inFile('exporter/config/table-conflicts', config, [
    [
      'lets two signals share a table',
      'table !== target.table || ',
      'table !== target.table || true || ',
    ],
    ['takes one table for the five of metrics', 'if (isFive && table)', 'if (false)'],
  ]),
]
