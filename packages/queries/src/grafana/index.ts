export { exportersTable, exportLevels, exportsOverTime } from './health.js'
export * as k6 from './k6.js'
export { errorLogs, logsOfErrors, traceLogs } from './logs.js'
export {
  errorsOverTime,
  requestsOverTime,
  requestTotals,
  serviceDurations,
  servicesOfRange,
} from './requests.js'
export { mapEdges, mapNodes } from './service-map.js'
export { callsTable, operationsTable, servicesTable } from './services.js'
export { type Family, type TableVariable, tableVariables } from './tables.js'
export { errorMessages, errorSpans, traceFrame, tracesTable, traceTable } from './traces.js'
