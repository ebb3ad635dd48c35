import * as grafana from '../../packages/queries/dist/esm/grafana.js'
import { dashboard } from './dashboard.mjs'
import { COLOURED, lines, NONE_IS_GOOD, table } from './panels.mjs'
import { tables } from './variables.mjs'

const TABLES = { flat: ['metrics'], otel: ['sums', 'gauges'] }

export function exporters(family) {
  const grown = (measure, rest) =>
    lines(grafana.exportsOverTime(family, measure), { by: 'line', width: 8, ...rest })
  const level = (measure, rest) =>
    lines(grafana.exportLevels(family, measure), { by: 'line', width: 8, ...rest })
  const bad = { ...NONE_IS_GOOD, ...COLOURED }
  return dashboard(family, 'exporters', {
    title: 'Exporters',
    description:
      'The health of spanhouse’s exporters for each destination, from the metrics that they report about themselves.',
    variables: tables(family, ...TABLES[family]),
    panels: [
      grown('delivered', {
        title: 'Delivered',
        description: 'Rows that arrived, a second.',
        unit: 'rowsps',
      }),
      grown('dropped', {
        title: 'Dropped',
        description: 'Rows that were given up, a second, by reason.',
        unit: 'rowsps',
      }),
      grown('errors', {
        title: 'Failed attempts',
        description: 'A second. Most are tried again.',
        unit: 'ops',
      }),
      level('waiting', {
        title: 'Waiting',
        description: 'Rows that are not delivered yet.',
        unit: 'short',
      }),
      level('queue_bytes', {
        title: 'In memory',
        description: 'Bytes of the rows that wait.',
        unit: 'bytes',
      }),
      level('spool_bytes', {
        title: 'On disk',
        description: 'Bytes in the spool.',
        unit: 'bytes',
      }),
      table(grafana.exportersTable(family), {
        title: 'Exporters',
        description: 'The newest values of each process, since it started.',
        width: 24,
        height: 10,
        overrides: {
          dropped: bad,
          errors: { unit: 'short' },
          queue_bytes: { displayName: 'in memory', unit: 'bytes' },
          spool_bytes: { displayName: 'on disk', unit: 'bytes' },
        },
      }),
    ],
  })
}
