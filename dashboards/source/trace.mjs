import * as grafana from '../../packages/queries/dist/esm/grafana.js'
import { dashboard } from './dashboard.mjs'
import { DURATIONS } from './fields.mjs'
import { logs, table, trace as tracePanel } from './panels.mjs'
import { tables, traceId } from './variables.mjs'

export function trace(family) {
  return dashboard(family, 'trace', {
    title: 'Trace',
    description:
      'One trace, by its id: its spans and its log lines. The time range does not matter.',
    variables: [...tables(family, 'spans', 'logs'), traceId],
    panels: [
      tracePanel(grafana.traceFrame(family), {
        title: 'Trace $trace',
        description: 'The spans of the trace, with their attributes, events and links.',
        width: 24,
        height: 20,
      }),
      logs(grafana.traceLogs(family), {
        title: 'Log lines',
        description: 'Lines that were written within the trace.',
        sortOrder: 'Ascending',
        width: 24,
        height: 9,
      }),
      table(grafana.traceTable(family), {
        title: 'Spans',
        description: 'The spans of the trace in the order of their start.',
        width: 24,
        height: 12,
        overrides: DURATIONS,
      }),
    ],
  })
}
