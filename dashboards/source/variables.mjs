// The variables of dashboards, as Grafana has them in its files.

import * as grafana from '../../packages/queries/dist/esm/grafana.js'

const datasource = {
  type: 'datasource',
  name: 'datasource',
  label: 'Data source',
  query: 'grafana-clickhouse-datasource',
  current: {},
  refresh: 1,
  hide: 0,
}

/** A list that the server gives: asked anew when the dashboard is opened (1) or at each change of the time range (2). */
function query(name, label, rawSql, { refresh, current = {}, ...rest }) {
  return {
    type: 'query',
    name,
    label,
    datasource: { type: 'grafana-clickhouse-datasource', uid: '${datasource}' },
    query: { editorType: 'sql', rawSql, refId: name },
    definition: rawSql,
    current,
    refresh,
    sort: 0,
    multi: false,
    includeAll: false,
    hide: 0,
    ...rest,
  }
}

const LABELS = {
  spans: 'Spans',
  logs: 'Logs',
  metrics: 'Metrics',
  sums: 'Counters',
  gauges: 'Gauges',
  samples: 'Samples',
  thresholds: 'Thresholds',
}

/** The data source, and tables of a schema. */
export function tables(family, ...names) {
  const known = grafana.tableVariables(family)
  return [
    datasource,
    ...names.map((name) => {
      const { sql, usual } = known[name]
      const current = { text: usual, value: usual }
      return query(name, LABELS[name], sql, { refresh: 1, current })
    }),
  ]
}

export const oneService = (family) =>
  query('service', 'Service', grafana.servicesOfRange(family), { refresh: 2 })

export const anyService = (family) => ({
  ...oneService(family),
  includeAll: true,
  current: { text: 'All', value: '$__all' },
})

export const run = query('run', 'Run', grafana.k6.k6Runs(), { refresh: 2 })

export const traceId = {
  type: 'textbox',
  name: 'trace',
  label: 'Trace id',
  query: '',
  current: { text: '', value: '' },
  options: [{ selected: true, text: '', value: '' }],
  hide: 0,
}
