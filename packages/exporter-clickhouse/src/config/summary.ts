import { flatTraces, otelTraces } from '@spanhouse/transform'
import type { DestinationConfig } from './config.js'
import type { GatheredDestination } from './consistency.js'
import { givenAt, sourceText } from './given.js'

/** One clause without secrets: the server and the table of each destination, and where its endpoint comes from. */
export function summaryOf(
  destinations: readonly GatheredDestination[],
  resolved: readonly DestinationConfig[],
): string {
  return resolved
    .map(({ name, endpoint, targets: [target] }, index) => {
      const source = givenAt(destinations[index]?.tree, ['endpoint'])?.source
      const decided = source ? `endpoint from ${sourceText(source)}` : 'the default endpoint'
      const { database, table, schema } = target
      const form = schema === flatTraces ? 'flat' : schema === otelTraces ? 'otel' : 'own schema'
      return `${name} is ${endpoint.host}, table ${plainName(database)}.${plainName(table)} (${form}, ${decided})`
    })
    .join('; ')
}

/** A name on one line, unless it may be a URL with a password, given for the wrong option. */
function plainName(name: string): string {
  return printable(/:\/\/|@/.test(name) ? '(a name not shown)' : name)
}

/** A value may come from anywhere: characters that end a line, or change what a terminal shows, are replaced. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?').slice(0, 200)
}
