import * as grafana from '../../packages/queries/dist/esm/grafana.js'
import { dashboard } from './dashboard.mjs'
import { DURATIONS, links, RATE, SHARE } from './fields.mjs'
import { ERROR_SHARE, lines, NEUTRAL, numbers, table } from './panels.mjs'
import { oneService, tables } from './variables.mjs'

export function service(family) {
  const of = (measure) => grafana.requestsOverTime(family, measure, 'operation')
  const toService = links(family)
  return dashboard(family, 'service', {
    title: 'Service',
    description: 'One service: its requests, operations, calls and slowest traces.',
    variables: [...tables(family, 'spans'), oneService(family)],
    panels: [
      numbers(grafana.requestTotals(family, 'service'), {
        title: '$service',
        description: 'Requests are spans of the kinds server and consumer, and root spans.',
        overrides: {
          rate: { displayName: 'Requests', unit: 'reqps', ...NEUTRAL },
          errors: { displayName: 'Errors', ...ERROR_SHARE },
          p95: { displayName: '95 % take at most', unit: 'ns', ...NEUTRAL },
        },
      }),
      lines(of('rate'), {
        title: 'Requests',
        description: 'Requests a second, by operation. The 20 busiest.',
        by: 'operation',
        unit: 'reqps',
        stacked: true,
        width: 8,
      }),
      lines(of('errors'), {
        title: 'Errors',
        description: 'The share of requests that ended with an error, by operation.',
        by: 'operation',
        unit: 'percentunit',
        width: 8,
      }),
      lines(grafana.serviceDurations(family), {
        title: 'Duration',
        description: 'Half of the requests, 95 % and 99 % of them took at most this long.',
        unit: 'ns',
        width: 8,
      }),
      table(grafana.operationsTable(family, { sort: 'total', limit: 100 }), {
        title: 'Operations',
        description:
          'All spans of the service, by name and kind: those that take most time in all first.',
        width: 24,
        height: 10,
        overrides: { ...DURATIONS, ...RATE, ...SHARE },
      }),
      table(grafana.callsTable(family), {
        title: 'Calls',
        description: 'Who calls this service, and whom it calls.',
        height: 10,
        overrides: { ...DURATIONS, ...SHARE, caller: toService.caller },
      }),
      table(grafana.tracesTable(family, 'slowest'), {
        title: 'Slowest traces',
        description: 'Traces in which the longest spans of this service are.',
        height: 10,
        overrides: { ...DURATIONS, trace_id: toService.trace_id },
      }),
    ],
  })
}
