import { logsOfTraceQuery, newestLogsQuery } from '../ask/logs.js'
import { queryOf } from '../ask/query.js'
import { oneOf } from '../search/conditions.js'
import { isError, spansOf } from '../table/derived.js'
import { grafanaSql, inRange, orAnyService, RANGE, SERVICE, TRACE } from './chosen.js'
import { type Family, TABLES } from './tables.js'
import { within } from './within.js'

const ERROR = 17

/** The columns that the data source gives to Grafana's panel for logs. */
const LINES = `SELECT
  fromUnixTimestamp64Micro(toInt64(time_us)) AS timestamp,
  body,
  if(severity_text = '', arrayElement(['', 'trace', 'debug', 'info', 'warn', 'error', 'fatal'], intDiv(severity_number + 3, 4) + 1), lower(severity_text)) AS level,
  mapUpdate(attributes, map('service.name', service)) AS labels,
  trace_id AS traceID`

/** The lines of the chosen trace. */
export function traceLogs(family: Family): string {
  return lines(grafanaSql(logsOfTraceQuery(TABLES[family].logs, TRACE)))
}

/** The newest lines that are errors, of the chosen service or of any. */
export function errorLogs(family: Family): string {
  const search = { ...RANGE, services: [SERVICE], minSeverity: ERROR }
  return lines(orAnyService(grafanaSql(newestLogsQuery(TABLES[family].logs, search))))
}

/** The newest lines, of any severity, of the traces in which spans of the chosen service, or of any, are errors. */
export function logsOfErrors(family: Family): string {
  const { spans, logs } = TABLES[family]
  const failed = orAnyService(
    grafanaSql(
      queryOf(
        'traces',
        `SELECT ${spans.fields.traceId}
FROM ${spansOf(spans)}
WHERE ${inRange(spans.fields.timestamp)}
  AND ${isError(spans)}
  AND ${oneOf(spans.fields.service, [SERVICE]).sql}
ORDER BY ${spans.fields.timestamp} DESC
LIMIT 100`,
        oneOf(spans.fields.service, [SERVICE]).parameters,
      ),
    ),
  )
  const ofThese = `${logs.fields.traceId} IN (\n    ${within(within(failed))}\n  )`
  const also = { sql: ofThese, parameters: {} }
  return lines(grafanaSql(newestLogsQuery(logs, RANGE, { limit: 500, also })))
}

const lines = (asked: string): string => `${LINES}
FROM (
  ${within(asked)}
)`
