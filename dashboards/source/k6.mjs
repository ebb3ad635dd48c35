import * as grafana from '../../packages/queries/dist/esm/grafana.js'
import { dashboard } from './dashboard.mjs'
import { COLOURED, ERROR_SHARE, lines, NEUTRAL, numbers, table } from './panels.mjs'
import { run, tables } from './variables.mjs'

const { k6: ask } = grafana
const milliseconds = { unit: 'ms' }
const VERDICTS = [
  {
    type: 'value',
    options: {
      passed: { color: 'green', index: 0 },
      failed: { color: 'red', index: 1 },
      unknown: { color: 'orange', index: 2 },
    },
  },
]

export function k6() {
  return dashboard('k6', 'k6', {
    title: 'k6',
    description:
      'One run of k6, from the tables of spanhouse k6: its thresholds, requests and checks.',
    from: 'now-6h',
    variables: [...tables('k6', 'samples', 'thresholds'), run],
    panels: [
      numbers(ask.k6Totals(), {
        title: 'Run $run',
        description: 'Of the samples in the time range.',
        overrides: {
          requests: { displayName: 'Requests', ...NEUTRAL },
          rate: { displayName: 'Requests a second', unit: 'reqps', ...NEUTRAL },
          failed: { displayName: 'Failed requests', ...ERROR_SHARE },
          p95: { displayName: '95 % take at most', ...milliseconds, ...NEUTRAL },
          iterations: { displayName: 'Iterations', ...NEUTRAL },
          vus: { displayName: 'Users at most', ...NEUTRAL },
          checks: { displayName: 'Checks passed', unit: 'percentunit', ...NEUTRAL },
        },
      }),
      table(ask.k6Thresholds(), {
        title: 'Thresholds',
        description:
          'The verdicts at the end of the run, failures first. “decided_by” is k6, or spanhouse where k6 left no summary.',
        width: 24,
        height: 7,
        overrides: { verdict: { mappings: VERDICTS, ...COLOURED } },
      }),
      lines(ask.k6RequestsOverTime(), {
        title: 'Requests',
        description: 'Requests a second, and those that failed.',
        unit: 'reqps',
        width: 8,
      }),
      lines(ask.k6DurationsOverTime(), {
        title: 'Duration of requests',
        description: 'Half of the requests, 95 % and 99 % of them took at most this long.',
        ...milliseconds,
        width: 8,
      }),
      lines(ask.k6UsersOverTime(), {
        title: 'Users and iterations',
        description: 'Virtual users, and iterations that ended, a second.',
        unit: 'short',
        width: 8,
      }),
      table(ask.k6Requests(), {
        title: 'Requests by name',
        description: 'By name and method, the slowest first.',
        width: 14,
        height: 10,
        overrides: {
          failed: { ...ERROR_SHARE, ...COLOURED },
          p50: milliseconds,
          p95: milliseconds,
          max: milliseconds,
        },
      }),
      table(ask.k6Checks(), {
        title: 'Checks',
        description: 'Those that failed most often first.',
        width: 10,
        height: 10,
        overrides: { rate: { unit: 'percentunit' } },
      }),
    ],
  })
}
