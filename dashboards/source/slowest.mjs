import * as grafana from '../../packages/queries/dist/esm/grafana.js'
import { dashboard } from './dashboard.mjs'
import { DURATIONS, links, RATE, SHARE } from './fields.mjs'
import { table } from './panels.mjs'
import { anyService, tables } from './variables.mjs'

export function slowest(family) {
  const { service, trace_id } = links(family)
  const overrides = { ...DURATIONS, ...RATE, ...SHARE, service }
  return dashboard(family, 'slowest', {
    title: 'Slowest operations',
    description: 'The operations and traces that take longest.',
    variables: [...tables(family, 'spans'), anyService(family)],
    panels: [
      table(grafana.operationsTable(family, { sort: 'p95', limit: 50 }), {
        title: 'Slowest operations',
        description: 'By the duration that 95 % of the spans stay below.',
        width: 24,
        height: 11,
        overrides,
      }),
      table(grafana.operationsTable(family, { sort: 'total', limit: 50 }), {
        title: 'Most time in all',
        description: 'By the time of all spans together: what is worth making faster.',
        width: 24,
        height: 11,
        overrides,
      }),
      table(grafana.tracesTable(family, 'slowest'), {
        title: 'Slowest traces',
        description: 'Traces with the longest spans.',
        width: 24,
        height: 11,
        overrides: { ...DURATIONS, service, trace_id },
      }),
    ],
  })
}
