export { exportersTable, exportLevels, exportsOverTime } from './grafana/health.js'
export * as k6 from './grafana/k6.js'
export { errorLogs, logsOfErrors, traceLogs } from './grafana/logs.js'
export {
  errorsOverTime,
  requestsOverTime,
  requestTotals,
  serviceDurations,
  servicesOfRange,
} from './grafana/requests.js'
export { mapEdges, mapNodes } from './grafana/service-map.js'
export { callsTable, operationsTable, servicesTable } from './grafana/services.js'
export { type Family, type TableVariable, tableVariables } from './grafana/tables.js'
export { errorMessages, errorSpans, traceFrame, tracesTable, traceTable } from './grafana/traces.js'
