import * as grafana from '../../packages/queries/dist/esm/grafana.js'
import { dashboard } from './dashboard.mjs'
import { DURATIONS, links } from './fields.mjs'
import { lines, logs, table } from './panels.mjs'
import { anyService, tables } from './variables.mjs'

export function errors(family) {
  const { service, trace_id } = links(family)
  return dashboard(family, 'errors', {
    title: 'Errors',
    description: 'Recent errors, and what was logged about them.',
    variables: [...tables(family, 'spans', 'logs'), anyService(family)],
    panels: [
      lines(grafana.errorsOverTime(family), {
        title: 'Spans that are errors',
        description: 'A second, by service.',
        by: 'service',
        unit: 'ops',
        stacked: true,
        width: 24,
        height: 7,
      }),
      table(grafana.errorMessages(family), {
        title: 'What went wrong',
        description:
          'The message of the status, or else of the exception; the most frequent first.',
        height: 10,
        overrides: { service, trace_id },
      }),
      table(grafana.errorSpans(family), {
        title: 'Newest errors',
        description: 'Spans with the status error. An id leads to the trace.',
        height: 10,
        overrides: { ...DURATIONS, service, trace_id },
      }),
      logs(grafana.logsOfErrors(family), {
        title: 'Log lines of these traces',
        description: 'Lines of any severity, of the newest 100 spans that are errors.',
        height: 12,
      }),
      logs(grafana.errorLogs(family), {
        title: 'Log lines that are errors',
        description: 'Lines of the severity error or fatal, whether or not they belong to a trace.',
        height: 12,
      }),
    ],
  })
}
