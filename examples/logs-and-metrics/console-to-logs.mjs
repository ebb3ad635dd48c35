// What the application says on the console becomes log records too. There is no instrumentation of the console to install.
import { format } from 'node:util'
import { logs, SeverityNumber } from '@opentelemetry/api-logs'

const SEVERITIES = { debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR' }
const logger = logs.getLogger('console')
let isSending = false

for (const [method, severityText] of Object.entries(SEVERITIES)) {
  const print = console[method]
  console[method] = (...values) => {
    print.apply(console, values)
    // What the SDK itself prints while it takes a record must not become another record.
    if (isSending) return
    isSending = true
    try {
      logger.emit({
        severityNumber: SeverityNumber[severityText],
        severityText,
        body: format(...values),
        exception: values.find((value) => value instanceof Error),
      })
    } finally {
      isSending = false
    }
  }
}
