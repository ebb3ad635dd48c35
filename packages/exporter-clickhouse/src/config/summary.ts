import { flatTraces, otelTraces } from '@spanhouse/transform'
import type { DestinationConfig } from './config.js'
import type { Complete } from './consistency.js'
import { givenAt, sourceText } from './given.js'

/** What is configured, in one clause without secrets: where each destination is, its table, and what decided that. */
export function summaryOf(
  destinations: readonly Complete[],
  resolved: readonly DestinationConfig[],
): string {
  return resolved
    .map(({ name, endpoint, targets: { traces } }, index) => {
      const source = givenAt(destinations[index]?.tree, ['endpoint'])?.source
      const decided = source ? `endpoint from ${sourceText(source)}` : 'the default endpoint'
      const { database, table, schema } = traces
      const form = schema === flatTraces ? 'flat' : schema === otelTraces ? 'otel' : 'own schema'
      return `${name} is ${endpoint.host}, table ${database}.${table} (${form}, ${decided})`
    })
    .join('; ')
}
