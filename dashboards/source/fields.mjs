// How columns of tables are shown, by their names, wherever they occur.

import { linkTo } from './dashboard.mjs'
import { COLOURED, ERROR_SHARE } from './panels.mjs'

const duration = { unit: 'ns' }

export const DURATIONS = Object.fromEntries(
  ['p50', 'p95', 'p99', 'max', 'total', 'duration', 'offset'].map((name) => [name, duration]),
)
export const RATE = { rate: { unit: 'reqps', decimals: 2 } }
export const SHARE = { errors: { ...ERROR_SHARE, ...COLOURED } }

/** A service leads to its dashboard, an id to its trace. */
export function links(family) {
  const service = (column) => ({
    links: [
      {
        title: 'This service',
        url: linkTo(family, 'service', ['spans'], {
          service: `\${__data.fields.${column}:percentencode}`,
        }),
      },
    ],
  })
  return {
    service: service('service'),
    caller: service('caller'),
    trace_id: {
      links: [
        {
          title: 'This trace',
          url: linkTo(family, 'trace', ['spans'], {
            trace: '${__data.fields.trace_id:percentencode}',
          }),
        },
      ],
    },
  }
}
