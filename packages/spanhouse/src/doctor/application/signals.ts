import { choiceOfEnvironment, exporterVariable, type Signal } from '#exporter'
import { type Check, ok, warning } from '../check.js'
import type { Surroundings } from '../facts.js'

/** Where `register` sends logs and metrics. Nothing is said about a signal that the environment does not name. */
export const logsExporter: Check<Surroundings> = exporterOf('logs')
export const metricsExporter: Check<Surroundings> = exporterOf('metrics')

function exporterOf(signal: Exclude<Signal, 'traces'>): Check<Surroundings> {
  return {
    id: `${signal}-exporter`,
    title: `${signal} go to`,
    run({ env, configs }) {
      const variable = exporterVariable(signal)
      if (!env[variable]?.trim()) return []
      const { names, problems, decidedBy } = choiceOfEnvironment(env[variable], signal)
      const doubts = problems.map((text) => warning(text))
      const config = configs.get(signal)
      if (config && config.destinations.length === 0)
        return [
          ...doubts,
          warning(
            `nowhere: ${variable} names clickhouse, and no destination takes ${signal}`,
            `Add ${signal} to the option \`signals\` of a destination.`,
          ),
        ]
      return [...doubts, ok(`${names.join(' and ') || 'nowhere'} (${decidedBy})`)]
    },
  }
}
