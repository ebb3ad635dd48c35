import type { Signal } from '#exporter'
import { type Check, ok, warning } from '../check.js'
import { exporterVariable, type Surroundings } from '../facts.js'

/** Where `register` sends logs and metrics. Nothing is said about a signal that the environment does not name. */
export const logsExporter: Check<Surroundings> = exporterOf('logs')
export const metricsExporter: Check<Surroundings> = exporterOf('metrics')

const KNOWN: Readonly<Record<'logs' | 'metrics', readonly string[]>> = {
  logs: ['clickhouse', 'otlp', 'console', 'none'],
  metrics: ['clickhouse', 'otlp', 'console', 'prometheus', 'none'],
}

function exporterOf(signal: Exclude<Signal, 'traces'>): Check<Surroundings> {
  return {
    id: `${signal}-exporter`,
    title: `${signal} go to`,
    run({ env, configs }) {
      const variable = exporterVariable(signal)
      const text = env[variable]?.trim() ?? ''
      if (text === '') return []
      const names = text.split(',').map((name) => name.trim().toLowerCase())
      if (names.some((name) => !KNOWN[signal].includes(name)))
        return [
          warning(
            // What is not a name may be an endpoint with a password.
            `${variable} contains something that is no exporter`,
            `Use a list of ${KNOWN[signal].join(', ')}.`,
          ),
        ]
      const config = configs.get(signal)
      if (config && config.destinations.length === 0)
        return [
          warning(
            `nowhere: ${variable} names clickhouse, and no destination takes ${signal}`,
            `Add ${signal} to the option \`signals\` of a destination.`,
          ),
        ]
      return [
        ok(`${names.join(' and ').replace('none', 'nowhere')} (${variable}=${names.join(',')})`),
      ]
    },
  }
}
