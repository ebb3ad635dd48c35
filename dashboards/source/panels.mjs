// Panels as Grafana has them in its files. Each has a size; their places in the grid follow from their order (dashboard.mjs).

const DATASOURCE = { type: 'grafana-clickhouse-datasource', uid: '${datasource}' }

/** How the data source shapes its answer. */
const FORMATS = { timeseries: 0, table: 1, logs: 2, traces: 3 }

function target(rawSql, queryType, refId = 'A') {
  return {
    datasource: DATASOURCE,
    editorType: 'sql',
    queryType,
    format: FORMATS[queryType],
    rawSql,
    refId,
  }
}

function panel(
  type,
  { title, description, width = 12, height = 8, defaults = {}, overrides = {} },
) {
  return {
    type,
    title,
    description,
    datasource: DATASOURCE,
    size: { w: width, h: height },
    fieldConfig: {
      defaults,
      overrides: Object.entries(overrides).map(([name, properties]) => ({
        matcher: { id: 'byName', options: name },
        properties: Object.entries(properties).map(([id, value]) => ({ id, value })),
      })),
    },
  }
}

const steps = (...pairs) => ({
  mode: 'absolute',
  steps: pairs.map(([color, value = null]) => ({ color, value })),
})

/** For shares of errors: from 1 % and from 5 % on. */
export const ERROR_SHARE = {
  unit: 'percentunit',
  min: 0,
  thresholds: steps(['green'], ['orange', 0.01], ['red', 0.05]),
}
/** For counts of which each one is bad. */
export const NONE_IS_GOOD = { thresholds: steps(['green'], ['red', 1]) }
export const NEUTRAL = { thresholds: steps(['text']) }

/** A cell with its background in the colour of its threshold. */
export const COLOURED = { 'custom.cellOptions': { type: 'color-background', mode: 'basic' } }

/** Properties of a field, as overrides have them. */
export const linked = (title, url) => ({ links: [{ title, url }] })

/** Lines over time. With `by`, the column whose values name the lines. */
export function lines(sql, { by, unit, links, stacked = false, min = 0, ...rest }) {
  const defaults = {
    unit,
    min,
    ...(by && { displayName: `\${__field.labels.${by}}` }),
    ...(links && { links }),
    custom: {
      drawStyle: 'line',
      lineWidth: 1,
      fillOpacity: stacked ? 25 : 0,
      showPoints: 'auto',
      spanNulls: false,
      ...(stacked && { stacking: { mode: 'normal', group: 'A' } }),
    },
  }
  return {
    ...panel('timeseries', { ...rest, defaults }),
    options: {
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    targets: [target(sql, 'timeseries')],
  }
}

/** A row of numbers, one for each column. */
export function numbers(sql, rest) {
  return {
    ...panel('stat', { width: 24, height: 4, ...rest }),
    options: {
      reduceOptions: { values: false, calcs: ['lastNotNull'], fields: '' },
      orientation: 'vertical',
      textMode: 'value_and_name',
      colorMode: 'value',
      graphMode: 'none',
      justifyMode: 'auto',
    },
    targets: [target(sql, 'table')],
  }
}

export function table(sql, rest) {
  return {
    ...panel('table', { defaults: { custom: { filterable: true } }, ...rest }),
    options: { showHeader: true, cellHeight: 'sm' },
    targets: [target(sql, 'table')],
  }
}

export function nodeGraph(nodes, edges, rest) {
  return {
    ...panel('nodeGraph', rest),
    options: {},
    targets: [target(nodes, 'table', 'nodes'), target(edges, 'table', 'edges')],
  }
}

export function trace(sql, rest) {
  return { ...panel('traces', rest), options: {}, targets: [target(sql, 'traces')] }
}

export function logs(sql, { sortOrder = 'Descending', ...rest }) {
  return {
    ...panel('logs', rest),
    options: {
      showTime: true,
      showLabels: false,
      wrapLogMessage: true,
      enableLogDetails: true,
      dedupStrategy: 'none',
      sortOrder,
    },
    targets: [target(sql, 'logs')],
  }
}
