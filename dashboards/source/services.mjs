import * as grafana from '../../packages/queries/dist/esm/grafana.js'
import { dashboard, linkTo } from './dashboard.mjs'
import { DURATIONS, links, RATE, SHARE } from './fields.mjs'
import { ERROR_SHARE, lines, NEUTRAL, numbers, table } from './panels.mjs'
import { tables } from './variables.mjs'

export function services(family) {
  const toService = [
    {
      title: 'This service',
      url: linkTo(family, 'service', ['spans'], {
        service: '${__field.labels.service:percentencode}',
      }),
    },
  ]
  const over = (measure) => grafana.requestsOverTime(family, measure, 'service')
  return dashboard(family, 'services', {
    title: 'Services',
    description: 'Rate, errors and duration of the requests of every service.',
    variables: tables(family, 'spans'),
    panels: [
      numbers(grafana.requestTotals(family, 'all'), {
        title: 'All services',
        description: 'Requests are spans of the kinds server and consumer, and root spans.',
        overrides: {
          rate: { displayName: 'Requests', unit: 'reqps', ...NEUTRAL },
          errors: { displayName: 'Errors', ...ERROR_SHARE },
          p95: { displayName: '95 % take at most', unit: 'ns', ...NEUTRAL },
          services: { displayName: 'Services', ...NEUTRAL },
        },
      }),
      lines(over('rate'), {
        title: 'Requests',
        description: 'Requests a second. The 20 busiest services.',
        by: 'service',
        unit: 'reqps',
        links: toService,
        stacked: true,
        width: 8,
      }),
      lines(over('errors'), {
        title: 'Errors',
        description: 'The share of requests that ended with an error.',
        by: 'service',
        unit: 'percentunit',
        links: toService,
        width: 8,
      }),
      lines(over('p95'), {
        title: 'Duration',
        description: '95 % of the requests took at most this long.',
        by: 'service',
        unit: 'ns',
        links: toService,
        width: 8,
      }),
      table(grafana.servicesTable(family), {
        title: 'Services',
        description: 'Over the whole time range, the busiest first. A name leads to the service.',
        width: 24,
        height: 12,
        overrides: { ...DURATIONS, ...RATE, ...SHARE, service: links(family).service },
      }),
    ],
  })
}
